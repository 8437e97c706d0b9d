// What a voice note and a photo have in common: a device that is let go of as soon as it is no longer needed, a preview that only
// this page can see, and a file in the form's own input, where everything else looks for it.
"use strict";

(() => {
  const cfms = window.cfms;
  const live = new Set();

  // Whoever goes on while a recording runs or a photo is being made has made it all the same: it is finished first, and they go on once
  // it is in the form.
  const unfinished = (place) => [...live].filter((one) => one.work && place.contains(one.block));
  const first = (event, all, then) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const one of all) one.stopped?.();
    Promise.allSettled(all.map((one) => one.work)).then(then);
  };
  // At the window, so that it comes before every script that takes a form or a touch for its own.
  window.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const all = unfinished(form);
    if (all.length) first(event, all, () => form.isConnected && form.requestSubmit(submitter));
  }, true);
  window.addEventListener("click", (event) => {
    const way = event.target.closest("button[type=button][name=go], a.tool[lang]");
    const all = way ? unfinished(document) : [];
    if (all.length) first(event, all, () => way.isConnected && way.click());
  }, true);

  // Lays *file* into a form's own input, or takes it out.
  cfms.lay = (input, file) => {
    const files = new DataTransfer();
    if (file) files.items.add(file);
    input.files = files.files;
  };

  // Puts the controls *name* (a template's) into *block*; returns what its script does with them.
  cfms.media = (block, name) => {
    const input = block.querySelector("input[type=file]");
    const part = document.querySelector(`template[data-part=${name}]`).content.firstElementChild.cloneNode(true);
    const find = (what) => part.querySelector(what);
    const viewer = find("audio, img");
    let stream, url;

    const one = {
      block, input, part, find,

      // The plain field is not needed any more: neither it nor its words may open the window of files.
      instead() {
        input.hidden = true;
        for (const label of block.querySelectorAll("label")) label.removeAttribute("for");
      },

      show(state) {
        for (const each of part.querySelectorAll("[data-while]")) each.hidden = each.dataset.while !== state;
        find(".media__problem").hidden = true;
      },

      say(what) {
        const words = find("[data-say]");
        words.textContent = words.getAttribute(`data-say-${what}`);
      },

      fail(why) {
        one.close();
        one.show("idle");
        const words = find(".media__problem");
        words.textContent = part.getAttribute(`data-problem-${why}`);
        words.hidden = false;
      },

      // Asks for the device; undefined where there is none, or it may not be used, or the page has moved on meanwhile.
      async open(wanted) {
        try {
          stream = await navigator.mediaDevices.getUserMedia(wanted);
        } catch (error) {
          one.fail(error.name === "NotFoundError" ? "none" : "refused");
          return undefined;
        }
        if (block.isConnected) return stream;
        one.close();
        return undefined;
      },

      // Nobody leaves the question until *work*, a promise, has settled.
      during(work) {
        const done = work.finally(() => one.work === done && (one.work = undefined));
        one.work = done;
        return done;
      },

      close() {
        for (const track of stream?.getTracks() || []) track.stop();
        stream = undefined;
      },

      // Takes *blob* as the form's file, or none; where the question was left meanwhile, nobody would forget it again.
      keep(blob, called) {
        if (!block.isConnected) return;
        cfms.lay(input, blob && new File([blob], called, { type: blob.type }));
        one.preview();
      },

      preview() {
        if (url) URL.revokeObjectURL(url);
        const file = input.files[0];
        url = file && URL.createObjectURL(file);
        if (file) viewer.src = url;
        else viewer.removeAttribute("src");
        one.show(file ? "done" : "idle");
      },

      release() {
        one.stopped?.();
        one.close();
        viewer.removeAttribute("src"); // before its address goes: it may still be reading
        viewer.load?.();
        if (url) URL.revokeObjectURL(url);
        live.delete(one);
      },
    };
    part.addEventListener("click", ({ target }) => one[target.closest("[data-do]")?.dataset.do]?.());
    block.append(part);
    live.add(one);
    one.preview();
    return one;
  };

  // A plain field, whose own words are the browser's, tells in the page's that something was chosen.
  cfms.each(".extra__file", (input) => {
    const words = input.parentElement.querySelector(".extra__chosen");
    const tell = () => (words.textContent = input.files[0] ? words.dataset.added : "");
    input.classList.add("extra__file--told");
    input.addEventListener("change", tell);
    tell();
  });

  const sweep = (all) => [...live].filter((one) => all || !one.block.isConnected).forEach((one) => one.release());
  document.addEventListener("cfms:page", () => sweep(false));
  document.addEventListener("cfms:wipe", () => sweep(true));
  window.addEventListener("pagehide", () => sweep(true));
})();
