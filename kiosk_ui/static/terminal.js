// A terminal leaves no trail: links and forms change the page that is open instead of adding one to the history, and leaving by any
// way to the first page is wiping.
"use strict";

(() => {
  if (!document.documentElement.dataset.kiosk) return;
  const cfms = window.cfms;
  const BYE = 8000; // milliseconds a thank-you stands before the next person's first page comes

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    if (link.pathname === "/") cfms.wipe(link.href);
    else cfms.leave(link.href);
  });

  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post") return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    const data = new FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    const page = await cfms.stage.fetched(form.getAttribute("action") || location.href, form.enctype.startsWith("multipart") ? data : new URLSearchParams(data));
    delete form.dataset.sent;
    if (!form.isConnected) return; // wiped meanwhile
    if (page) cfms.stage.become(page);
    else cfms.stage.warn(document.getElementById("main"), document.querySelector("template[data-part=away]").content.textContent.trim());
  }, true);

  cfms.each("[data-bye]", (bye) => setTimeout(() => bye.isConnected && cfms.wipe(), BYE));
})();
