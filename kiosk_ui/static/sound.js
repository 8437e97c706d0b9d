// The speaker: reads the page's words aloud from recordings, looked up by the words themselves, so that what is heard always
// stands on the screen and is marked while it is said. A word without a recording is passed over. Silent until somebody touches
// the speaker; from then on each new page reads itself, until the speaker is touched while it speaks, or the terminal forgets.
"use strict";

(() => {
  // What is read, in the order of the page.
  const SPOKEN = [
    "h1", "h2", "legend", ".lead", ".govuk-body", ".govuk-label", ".extra__words", ".choice__label", ".choice__hint", ".receipt__fact",
    ".govuk-summary-list__key", ".govuk-summary-list__value", ".govuk-error-summary a", ".govuk-button", ".door__way",
  ].join();
  const player = new Audio();
  let on = false;
  let turn = 0; // counts up whenever something else is to be said, or nothing
  let recordings; // words to file, fetched at the first touch

  const speaker = () => document.querySelector("[data-speaker]");

  const fetched = async () => {
    const answer = await fetch(speaker().dataset.speaker);
    const files = new Map(Object.entries(answer.ok ? await answer.json() : {}));
    return (words) => files.has(words) && new URL(`${document.documentElement.lang}/${files.get(words)}`, answer.url).href;
  };

  // The recordings of one line: of all of it, or of the longest beginning that has one, and so on; a sentence that has none is left out.
  const filesOf = (line) => {
    const ends = [...line.matchAll(/[.?!](?= )/g)].map((found) => found.index + 1);
    for (const end of [line.length, ...[...ends].reverse()]) {
      const file = recordings(line.slice(0, end));
      if (file) return [file, ...filesOf(line.slice(end).trim())];
    }
    return ends.length ? filesOf(line.slice(ends[0]).trim()) : [];
  };

  // What is hidden in an element has no part in its text as it is shown.
  const linesOf = (element) => element.innerText.split("\n").map((line) => line.replace(/\s+/g, " ").trim());

  const readable = (root) =>
    [...root.querySelectorAll(SPOKEN)].filter((one) => !one.parentElement.closest(SPOKEN) && !one.closest(".say-one") && one.checkVisibility());

  // A question that came up before everything else is read instead of what lies behind it.
  const stage = () => document.querySelector("dialog[open]") || document.querySelector("main");

  // Resolves when the recording has ended, cannot be played, or was hushed.
  let end = () => {};
  const play = (file) =>
    new Promise((ended) => {
      end = player.onended = player.onerror = ended;
      player.src = file;
      player.play().catch(ended);
    });

  const say = async (element, mine) => {
    const files = linesOf(element).flatMap(filesOf);
    if (!files.length) return;
    document.dispatchEvent(new Event("cfms:active")); // who listens is there, though they touch nothing
    element.classList.add("saying");
    element.scrollIntoView({ block: "nearest" });
    for (const file of files) if (mine === turn) await play(file);
    element.classList.remove("saying");
  };

  const show = (speaking) => speaker()?.setAttribute("aria-pressed", String(speaking));

  const hush = () => {
    turn += 1;
    player.pause();
    end();
    show(false);
  };

  const read = async (elements) => {
    hush();
    const mine = turn;
    show(true);
    for (const element of elements) if (mine === turn) await say(element, mine);
    if (mine === turn) show(false);
  };

  // --- a speaker for each choice ----------------------------------------------------------------------

  const addSpeakers = (root) => {
    const button = speaker();
    for (const label of root.querySelectorAll("li > .choice .choice__label")) {
      const choice = label.closest(".choice");
      const words = label.textContent.replace(/\s+/g, " ").trim();
      if (choice.parentElement.querySelector(".say-one") || !recordings(words)) continue;
      const small = document.createElement("button");
      small.type = "button";
      small.className = "say-one";
      small.setAttribute("aria-label", button.dataset.one.replace("{words}", words));
      small.append(button.querySelector("svg").cloneNode(true));
      choice.after(small);
      choice.parentElement.classList.add("has-say");
    }
  };

  const turnOff = () => {
    on = false;
    hush();
    for (const small of document.querySelectorAll(".say-one")) small.remove();
    for (const item of document.querySelectorAll(".has-say")) item.classList.remove("has-say");
  };

  // --- what people do ---------------------------------------------------------------------------------

  const touchSpeaker = async () => {
    if (speaker().getAttribute("aria-pressed") === "true") {
      turnOff();
      return;
    }
    on = true;
    try {
      recordings = recordings || (await fetched());
    } catch {
      on = false; // the server is away: there is nothing to hear, and nothing else is amiss
      return;
    }
    if (!on) return;
    addSpeakers(document);
    await read(readable(stage()));
  };

  document.addEventListener("click", ({ target }) => {
    const small = target.closest(".say-one");
    if (target.closest("[data-speaker]")) touchSpeaker();
    else if (small) read(small.previousElementSibling.querySelectorAll(".choice__label, .choice__hint"));
    else if (on) hush(); // whoever goes on need not be read to the end
  });

  document.addEventListener("cfms:page", ({ target }) => {
    const button = speaker();
    if (button) button.hidden = false;
    if (!on || !recordings) return;
    addSpeakers(target);
    if (target.matches("body, main, dialog")) read(readable(stage()));
  });

  document.addEventListener("cfms:wipe", turnOff);
})();
