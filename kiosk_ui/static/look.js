// More contrast and larger text, at once and without a new page; what is chosen goes along with every link and form.
"use strict";

(() => {
  const cfms = window.cfms;
  const root = document.documentElement;
  const PARTS = ["contrast", "large"];
  const now = () => PARTS.filter((part) => root.classList.contains(part)).join("-");

  // A page that was kept on this device knows nothing of what it is asked for.
  const asked = (new URLSearchParams(location.search).get("look") || "").split("-");
  for (const part of PARTS) if (asked.includes(part)) root.classList.add(part);

  const show = (scope) => {
    for (const tool of scope.querySelectorAll("[data-look]")) {
      const on = root.classList.contains(tool.dataset.look);
      if (tool.tagName === "BUTTON") tool.setAttribute("aria-pressed", String(on));
      else if (on) tool.setAttribute("aria-current", "true");
      else tool.removeAttribute("aria-current");
    }
    for (const field of scope.querySelectorAll("input[type=hidden][name=look]")) field.value = now();
  };

  cfms.look = {
    now,
    // Returns the address *href* of this site with the look in it.
    along(href) {
      const where = new URL(href, location.href);
      if (now()) where.searchParams.set("look", now());
      else where.searchParams.delete("look");
      return where.pathname + where.search + where.hash;
    },
  };

  document.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-look]");
    if (!tool) return;
    event.preventDefault();
    root.classList.toggle(tool.dataset.look);
    show(document);
  });
  // Only what was changed here: pages know of what they were asked for.
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("a[href^='/']");
    if (link && !link.search.includes("reset=")) link.setAttribute("href", cfms.look.along(link.href));
  }, true);
  document.addEventListener("cfms:page", ({ target }) => show(target));
})();
