// The stage: puts a step, or a page of the server's, into the document that is open, so that nothing of it goes into the history.
"use strict";

(() => {
  const cfms = window.cfms;
  const NAME = / – [^–]*$/.exec(document.title)?.[0] || "";
  const PATIENCE = 6000; // milliseconds a page may take

  const template = (name) => document.querySelector(`template[data-step="${name}"]`);
  const part = (name) => document.querySelector(`template[data-part="${name}"]`).content.firstElementChild.cloneNode(true);
  const place = () => document.getElementById("main");

  // Returns a fresh copy of step *name*, to be filled before it is shown.
  const step = (name) => document.importNode(template(name).content, true);

  // Returns the sentence of problem *name* in the page's language, or *otherwise*.
  const sentence = (name, details = {}, otherwise = "") => {
    const found = document.querySelector("template[data-problems]").content.querySelector(`[data-problem="${name}"]`);
    return (found ? found.textContent : otherwise).replace(/\{(\w+)\}/g, (whole, key) => details[key] ?? whole);
  };

  const heading = (main) => {
    const words = main.querySelector("h1");
    return words ? [...words.childNodes].filter((one) => !one.hidden).map((one) => one.textContent).join(" ").replace(/\s+/g, " ").trim() : "";
  };

  // Shows *content* as the main part. Its heading names the page and has the focus, so that it is read out.
  const show = (content, title = "") => {
    const main = place();
    for (const old of document.querySelectorAll(".slip")) old.remove();
    main.replaceChildren(content);
    const slip = main.querySelector(".slip");
    if (slip) main.after(slip);
    main.parentElement.classList.toggle("page--slip", Boolean(slip));
    main.parentElement.classList.remove("page--home");
    const wrong = main.querySelector("[data-focus]");
    const error = part("error").querySelector("span").textContent;
    document.title = title || `${wrong ? `${error} ` : ""}${heading(main)}${NAME}`;
    window.scrollTo(0, 0);
    if (!wrong) focus(main.querySelector("h1") || main);
    cfms.announce(main);
  };

  const focus = (element) => {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };

  // Says what is wrong with the answers in *content*: at the top, and at each field; *wrong* maps a field to its sentence.
  const complain = (content, wrong) => {
    const summary = document.querySelector("template[data-problems]").content.firstElementChild.cloneNode(true);
    for (const [name, words] of Object.entries(wrong)) {
      const link = document.createElement("a");
      link.href = `#${name}`;
      link.textContent = words;
      summary.querySelector("ul").appendChild(document.createElement("li")).append(link);
      const field = content.querySelector(`[id="${name}"]`);
      const group = field?.closest(".govuk-form-group, .extra");
      if (!group) continue;
      const message = part("error");
      message.id = `${name}-error`;
      message.append(` ${words}`);
      group.classList.add("govuk-form-group--error");
      (field.closest(".govuk-checkboxes") || field).before(message);
      field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), message.id].filter(Boolean).join(" "));
    }
    content.querySelector("form").before(summary);
  };

  // Says above everything else why something could not be done.
  const warn = (content, words) => {
    const notice = part("problem");
    notice.querySelector("[data-sentence]").textContent = words;
    (content.querySelector("h1") || content.firstElementChild).before(notice);
  };

  // Returns the page at *path* as a document, asked for with *data* (a FormData or an object), or plainly; null where nobody answers.
  const fetched = async (path, data) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const body = data && (data instanceof FormData ? data : new URLSearchParams(data));
      const answer = await fetch(path, { method: body ? "POST" : "GET", body, signal: stop.signal, cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.getElementById("main") ? page : null;
    } catch {
      return null;
    } finally {
      clearTimeout(late);
    }
  };

  // Shows the main part of another page, with what is printed of it.
  const borrow = (page) => {
    const content = document.createDocumentFragment();
    content.append(...page.getElementById("main").childNodes, ...page.querySelectorAll(".slip"));
    show(content, page.title);
  };

  // Shows another page whole: its tools, its templates and its language; but the main part that is here now, where that is *kept*.
  const become = (page, kept = false) => {
    const root = document.documentElement;
    if (kept) page.getElementById("main").replaceChildren(...place().childNodes);
    for (const name of ["lang", "dir", "class"]) root.setAttribute(name, page.documentElement.getAttribute(name) || "");
    document.body.className = page.body.className;
    document.body.replaceChildren(...page.body.childNodes);
    if (!kept) document.title = page.title;
    window.scrollTo(0, 0);
    if (!kept && !document.querySelector("[data-focus]")) focus(document.querySelector("h1") || place());
    cfms.announce(document.body);
  };

  cfms.stage = { template, step, sentence, show, complain, warn, fetched, borrow, become };
})();
