// What pages gain where scripts run; every page works without. No inline handler, no network, nothing stored.
"use strict";

(() => {
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // An error's link leads to the field itself, with its label in sight.
  if (summary) {
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      (field.closest("fieldset, .govuk-form-group") || field).scrollIntoView();
      field.focus({ preventScroll: true });
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const area of document.querySelectorAll("textarea[data-limit]")) {
    const left = document.getElementById(`${area.id}-left`);
    const count = () => {
      const rest = Number(area.dataset.limit) - [...area.value].length;
      left.textContent = (rest < 0 ? area.dataset.over : area.dataset.left).replace("{count}", String(Math.abs(rest)));
      left.classList.toggle("left--over", rest < 0);
    };
    area.addEventListener("input", count);
    if (area.value) count();
  }

  // A second touch of an impatient finger must not send the form twice. The button is not disabled before the form has gone:
  // a disabled button's own value would be left out.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
})();
