// A terminal forgets: it asks after a while whether anybody is there, and then wipes what the last person left, with the server
// or without. Whoever is there can have more time, as often as they like, and loses nothing by it.
"use strict";

(() => {
  const root = document.documentElement;
  const { kiosk, idleWarn, idleWipe } = root.dataset;
  if (!kiosk) return;
  const cfms = window.cfms;
  const START = `/?kiosk=${encodeURIComponent(kiosk)}&reset=1`;
  const SOON = { waits: 4000, again: 10000, accident: 600 }; // milliseconds
  const atStart = location.pathname === "/";
  // The first page as it came, before any script changed it: what is shown again where the server does not answer.
  const fresh = atStart && document.body.cloneNode(true);
  const resting = document.querySelector("template[data-part=resting]").content.firstElementChild;
  // Another language or look is left behind too; but nobody is asked about it.
  let changed = [...new URLSearchParams(location.search).keys()].some((name) => !["kiosk", "reset"].includes(name));
  let touched = !atStart;
  let last = performance.now();
  let dialog, opened, said;

  const stay = () => {
    last = performance.now();
    touched = true;
  };

  // --- asking -----------------------------------------------------------------------------------------

  const ask = () => {
    dialog = document.querySelector("template[data-part=idle]").content.firstElementChild.cloneNode(true);
    document.body.append(dialog);
    // The touch itself is not enough: it must not take the dialog away before its click has found the button.
    dialog.addEventListener("click", ({ target }) => {
      const finish = target.closest("[data-finish]");
      if (!finish) more();
      else if (performance.now() - opened > SOON.accident) wipe(); // nobody means a button that came up under the finger
    });
    dialog.addEventListener("pointercancel", more);
    dialog.addEventListener("close", more);
    dialog.addEventListener("keydown", ({ key }) => ["Tab", "Shift", "Enter", " "].includes(key) || more());
    dialog.showModal();
    opened = performance.now();
    said = Infinity;
    tell();
  };

  const tell = () => {
    const left = Math.max(0, Math.ceil((last + idleWipe * 1000 - performance.now()) / 1000));
    dialog.querySelector("[data-left]").textContent = left;
    if (left > said - 5) return;
    const live = dialog.querySelector("[data-say]");
    live.textContent = `${live.dataset.say} ${left}`;
    said = left;
  };

  const more = () => {
    const gone = dialog;
    dialog = null;
    stay();
    if (!gone) return;
    gone.close(); // which gives the focus back to where it was
    gone.remove();
  };

  // --- wiping -----------------------------------------------------------------------------------------

  const wipe = (where = START) => {
    dialog = null;
    touched = changed = false;
    document.dispatchEvent(new Event("cfms:wipe")); // memory, microphone, camera
    document.body.replaceChildren();
    root.classList.remove("contrast", "large", "has-keyboard");
    try {
      sessionStorage.clear();
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
    leave(where);
  };

  // Where a worker stands between, or the server answers, the page comes as ever; else the first one as it was, from memory. So also
  // while a message waits in this page alone: it would go with it, and the browser's question about that stop the terminal.
  const leave = async (where) => {
    if (!cfms.outbox.fragile() && (await answers(where))) location.replace(where);
    else if (fresh) {
      history.replaceState(null, "", START);
      document.body.replaceChildren(...fresh.cloneNode(true).childNodes);
      cfms.announce(document.body);
    } else {
      document.body.replaceChildren(resting);
      setTimeout(leave, SOON.again, START);
    }
  };

  const answers = async (where) => {
    if (navigator.serviceWorker?.controller) return true;
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), SOON.waits);
    try {
      return (await fetch(where, { signal: stop.signal, cache: "no-store" })).ok;
    } catch {
      return false;
    } finally {
      clearTimeout(late);
    }
  };

  // --- watching ---------------------------------------------------------------------------------------

  const look = () => {
    const idle = (performance.now() - last) / 1000;
    if ((touched || changed) && idle >= idleWipe) wipe();
    else if (dialog) tell();
    else if (touched && idle >= idleWarn) ask();
  };

  Object.assign(cfms, { wipe, leave });
  for (const sign of ["pointerdown", "keydown", "input", "wheel", "touchmove", "timeupdate", "cfms:active"]) {
    document.addEventListener(sign, () => dialog || stay(), { capture: true, passive: true });
  }
  // The browser may bring a page back as it was left, with everything typed in it.
  window.addEventListener("pageshow", (event) => event.persisted && wipe());
  setInterval(look, 1000);
})();
