// A terminal's keyboard, in the page itself: an operating system's would be a way out of it. A real keyboard works at the same
// time. Keys are buttons that never take the focus from the field, so that the caret stays where it is.
"use strict";

(() => {
  if (!document.documentElement.dataset.kiosk) return;
  const FIELDS = "textarea, input:is([type=text], [type=search], [type=tel], [type=email], [type=number], :not([type]))";
  const ROWS = {
    letters: ["q w e r t y u i o p", "a s d f g h j k l '", "shift z x c v b n m back", "signs ĩ ũ space , . enter hide"],
    signs: ["1 2 3 4 5 6 7 8 9 0", "- / : ; ( ) & @ \" '", "+ ! ? % # * = back", "letters space , . enter hide"],
    digits: ["1 2 3", "4 5 6", "7 8 9", "+ 0 back", "enter hide"],
  };
  const FACES = { shift: "⇧", back: "⌫", enter: "⏎", hide: "⌄", space: "", signs: "123", letters: "abc" };
  const REPEAT = { after: 500, every: 90 }; // milliseconds of a finger resting on ⌫
  let board, field, layout, shifted, resting, down;

  // --- the keys ---------------------------------------------------------------------------------------

  const draw = () => {
    board.className = `keyboard keyboard--${layout}`;
    board.replaceChildren(...ROWS[layout].map((row) => {
      const line = document.createElement("div");
      line.className = "keyboard__row";
      line.append(...row.split(" ").map(key));
      return line;
    }));
  };

  const key = (name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `key${name in FACES ? ` key--${name}` : ""}`;
    button.dataset.key = name;
    button.textContent = FACES[name] ?? letter(name);
    const words = board.dataset[name === "enter" && field.tagName === "TEXTAREA" ? "line" : name];
    if (name in FACES) button.setAttribute("aria-label", words);
    if (name === "shift") button.setAttribute("aria-pressed", String(shifted));
    return button;
  };

  const letter = (name) => (name === "," && field.dataset.keys === "email" ? "@" : shifted ? name.toUpperCase() : name);

  // A sentence begins with a capital letter, without anybody looking for the key.
  const begins = () =>
    field.dataset.keys === "letters" && field.type !== "search" && /(^|[.!?]\s+|\n)$/.test(field.value.slice(0, field.selectionStart));

  // Only the letters change: the buttons stay, and with them a screen reader's place.
  const shift = (on) => {
    shifted = on;
    for (const one of board.querySelectorAll(".key:not([aria-label])")) one.textContent = letter(one.dataset.key);
    board.querySelector("[aria-pressed]")?.setAttribute("aria-pressed", String(on));
  };

  // --- what they do -----------------------------------------------------------------------------------

  const write = (text, from, to, inputType) => {
    const length = field.value.length - (to - from) + text.length;
    if (text && field.maxLength >= 0 && length > field.maxLength) return;
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType, data: text || null }));
    if (shifted !== begins()) shift(begins());
  };

  const put = (text) => write(text, field.selectionStart, field.selectionEnd, "insertText");

  const take = () => {
    const { selectionStart: from, selectionEnd: to } = field;
    const last = [...field.value.slice(0, from)].pop() || "";
    write("", from === to ? from - last.length : from, to, "deleteContentBackward");
  };

  // The same as a real Enter key: the form's own way on.
  const enter = () => {
    if (field.tagName === "TEXTAREA") return put("\n");
    if (field.form) field.form.requestSubmit([...field.form.elements].find((one) => one.type === "submit" && !one.disabled));
  };

  const press = (name) => {
    if (name === "shift") shift(!shifted);
    else if (name === "back") take();
    else if (name === "enter") enter();
    else if (name === "hide") hide();
    else if (name === "space") put(" ");
    else if (name in ROWS) draw((layout = name));
    else put(letter(name));
  };

  const listen = () => {
    board.addEventListener("mousedown", (event) => event.preventDefault());
    board.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button && field.isConnected) press(button.dataset.key);
    });
    board.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".key--back")) return;
      const again = () => {
        take();
        resting = setTimeout(again, REPEAT.every);
      };
      resting = setTimeout(again, REPEAT.after);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) board.addEventListener(end, () => clearTimeout(resting));
  };

  // --- when it is there -------------------------------------------------------------------------------

  const show = (one) => {
    field = one;
    if (!board?.isConnected) {
      board = document.querySelector("template[data-part=keyboard]").content.firstElementChild.cloneNode(true);
      document.body.append(board);
      listen();
    }
    layout = field.dataset.keys === "digits" ? "digits" : "letters";
    shifted = begins();
    draw();
    board.hidden = false;
    document.documentElement.classList.add("has-keyboard");
    const under = field.getBoundingClientRect().bottom + 24 - board.getBoundingClientRect().top;
    if (under > 0) window.scrollBy(0, under);
  };

  const hide = () => {
    if (board) board.hidden = true;
    clearTimeout(resting);
    document.documentElement.classList.remove("has-keyboard");
  };

  const settle = () => {
    const here = document.activeElement;
    if (board && !board.hidden && !here.dataset.keys && !board.contains(here)) hide();
  };

  // What a field is for is noted before the browser is told that it needs no keyboard of its own.
  window.cfms.each(FIELDS, (one) => {
    one.dataset.keys = /numeric|decimal|tel|number/.test(one.inputMode || one.type) ? "digits" : one.type === "email" ? "email" : "letters";
    one.inputMode = "none";
    if (one.type === "email" || one.type === "number") one.type = "text"; // those two have no caret that a script may know
  });
  document.addEventListener("cfms:page", settle);
  document.addEventListener("focusin", ({ target }) => {
    if (target.dataset.keys) show(target);
    else if (!down) setTimeout(settle, 50);
  });
  document.addEventListener("click", ({ target }) => target === field && board.hidden && show(field));
  // A page that grew or shrank under a finger would take its touch elsewhere: the keyboard leaves after it.
  document.addEventListener("pointerdown", () => (down = true), true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      down = false;
      setTimeout(settle, 50);
    }, true);
  }
})();
