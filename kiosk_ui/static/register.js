// Puts the service worker in place (sw.js) where browsers allow one: over HTTPS, and on the machine itself.
"use strict";

window.addEventListener("load", async () => {
  if (!window.isSecureContext || !navigator.serviceWorker) return;
  const kiosk = document.documentElement.dataset.kiosk;
  try {
    await navigator.serviceWorker.register(kiosk ? `/sw.js?${new URLSearchParams({ kiosk })}` : "/sw.js", { updateViaCache: "none" });
  } catch (error) {
    // A certificate that was clicked through, or no room: pages work as long as the server answers.
  }
});
