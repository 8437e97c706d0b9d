// Puts the parts that scripts clone at a terminal where the guide shows them, each in each of its states, and alive in none.
"use strict";

(() => {
  const KEYS = ["q w e r t y u i o p", "a s d f g h j k l '", "shift z x c v b n m back", "signs ĩ ũ space , . enter hide"];
  const SIGNS = { shift: "⇧", back: "⌫", enter: "⏎", hide: "⌄", space: "", signs: "123" };

  const part = (name) => document.querySelector(`template[data-part=${name}]`).content.firstElementChild.cloneNode(true);

  const media = (name, state) => {
    const one = part(name);
    for (const it of one.querySelectorAll("[data-while]")) it.hidden = it.dataset.while !== (state === "problem" ? "idle" : state);
    const problem = one.querySelector(".media__problem");
    problem.hidden = state !== "problem";
    problem.textContent = state === "problem" ? one.dataset.problemNone : "";
    problem.removeAttribute("role"); // it is a sample: nothing just went wrong
    const values = { seconds: "37", most: "120", size: "110", "most-size": "400" };
    for (const [mark, value] of Object.entries(values)) for (const it of one.querySelectorAll(`[data-${mark}]`)) it.textContent = value;
    for (const bar of one.querySelectorAll("[data-bar]")) bar.value = 37 / 120;
    for (const photo of one.querySelectorAll("img[data-while=done]")) photo.src = document.querySelector("link[rel=icon]").href;
    return one;
  };

  const idle = () => {
    const one = part("idle");
    one.open = true;
    one.querySelector("[autofocus]").removeAttribute("autofocus");
    one.querySelector("[data-left]").textContent = "15";
    return one;
  };

  const keyboard = () => {
    const one = part("keyboard");
    one.hidden = false;
    one.classList.add("keyboard--letters");
    for (const row of KEYS) {
      const line = document.createElement("div");
      line.className = "keyboard__row";
      for (const name of row.split(" ")) {
        const key = document.createElement("button");
        key.type = "button";
        key.className = `key${name in SIGNS ? ` key--${name}` : ""}`;
        key.textContent = SIGNS[name] ?? name.toUpperCase();
        if (name in SIGNS) key.setAttribute("aria-label", one.dataset[name]);
        if (name === "shift") key.setAttribute("aria-pressed", "true");
        line.append(key);
      }
      one.append(line);
    }
    return one;
  };

  const made = { idle, keyboard };
  for (const place of document.querySelectorAll("[data-parts]")) {
    const { parts: name, states = "" } = place.dataset;
    place.append(...(states ? states.split(" ").map((state) => media(name, state)) : [made[name]()]));
  }
})();
