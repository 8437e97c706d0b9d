// What pages gain where scripts run; every page works without. No inline handler, no network, nothing stored.
// Pages tell of new content by the bubbling event cfms:page, once when they have loaded and again whenever a script has put
// something into them; what is attached here is attached once.
"use strict";

(() => {
  const cfms = (window.cfms = window.cfms || {});

  // Lets every script look after what is new in *element*.
  cfms.announce = (element) => element.dispatchEvent(new Event("cfms:page", { bubbles: true }));

  // Calls *attach* for each element that fits *selector*, now and later, and for each but once.
  cfms.each = (selector, attach) => {
    const known = new WeakSet();
    document.addEventListener("cfms:page", (event) => {
      for (const one of event.target.querySelectorAll(selector)) {
        if (known.has(one)) continue;
        known.add(one);
        attach(one);
      }
    });
  };

  // An error's link leads to the field itself, with its label in sight.
  cfms.each("[data-focus]", (summary) => {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      (field.closest("fieldset, .govuk-form-group") || field).scrollIntoView();
      field.focus({ preventScroll: true });
    });
  });

  cfms.each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  cfms.each("textarea[data-limit]", (area) => {
    const left = document.getElementById(`${area.id}-left`);
    const count = () => {
      const rest = Number(area.dataset.limit) - [...area.value].length;
      left.textContent = (rest < 0 ? area.dataset.over : area.dataset.left).replace("{count}", String(Math.abs(rest)));
      left.classList.toggle("left--over", rest < 0);
    };
    area.addEventListener("input", count);
    if (area.value) count();
  });

  // A second touch of an impatient finger must not send the form twice. The button is not disabled before the form has gone:
  // a disabled button's own value would be left out. What a script has taken over is that script's to guard.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });

  document.addEventListener("DOMContentLoaded", () => cfms.announce(document.body));
})();
