// The way to a receipt without a new page: the same questions, in the same order and with the same checks, as the server asks where
// no script runs (kiosk_ui/feedback.py, questions.py). Answers are in memory only, and gone with the page; on a device of one's own
// the harmless ones survive a reload.
"use strict";

(() => {
  const cfms = window.cfms;
  const { stage } = cfms;
  const root = document.documentElement;
  const { kiosk } = root.dataset;
  if (!stage.template("review") || !window.BigInt || !window.crypto?.getRandomValues || !window.DataTransfer) return;

  const FIELDS = ["centre", "rating", "kind", "ticket", "service", "desk", "category", "text", "name", "phone", "email", "consent"];
  const STEP_OF = { category: "message", text: "message", files: "message", photo: "message", voice: "message", phone: "contact", email: "contact", name: "contact", consent: "contact", ticket: "kind" };
  const ENDS = ["counted", "kept", "registered", "refused"];
  const EMAIL = /^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+$/;
  const way = [...document.querySelectorAll("template[data-step]")].map((one) => one.dataset.step).filter((name) => !ENDS.includes(name));
  const limits = document.body.dataset;

  let answers, files, here, then, begun, names;

  const begin = (first = {}) => {
    answers = { ...first, id: cfms.answers.mintId(), code: cfms.answers.mintCode(), rated: cfms.answers.mintId() };
    [files, here, then, begun, names] = [{}, answers.centre ? "rating" : way[0], "", false, {}]; // a poster has told the centre
  };

  // --- the order of the steps -------------------------------------------------------------------------

  const scanned = (name) => name === "service" && Boolean(answers.q) && answers.q === answers.service;
  const order = (at) => way.filter((name) => name === at || !scanned(name));
  const before = () => order(here)[order(here).indexOf(here) - 1] || "";

  const after = () => {
    if (then !== "review") return order(here)[Math.min(order(here).indexOf(here) + 1, order(here).length - 1)];
    then = "";
    return way.find((name) => Object.keys(wrong(name)).length) || "review";
  };

  const rules = () => stage.template("contact").content.querySelector("[data-calling-code]").dataset;

  // Returns what is wrong with the answers of step *name*: a sentence for each field.
  const wrong = (name) => {
    const text = (field) => (answers[field] || "").trim();
    const found = {};
    const refuse = (field, problem, details) => (found[field] = stage.sentence(problem, details));
    if (["centre", "kind", "service"].includes(name) && !answers[name]) found[name] = "";
    if (name === "message") {
      const [length, limit] = [[...text("text")].length, Number(limits.textChars)];
      if (length > limit) refuse("text", "TextTooLong", { length, limit });
      else if (!text("text") && !answers.category && !answers.rating && !files.photo && !files.voice) refuse("text", "empty");
    }
    if (name === "contact") {
      if (cfms.answers.phoneNumber(text("phone"), rules()) === null) refuse("phone", "phone");
      if (text("email") && !EMAIL.test(text("email"))) refuse("email", "email");
      if ((text("name") || text("phone") || text("email")) && !answers.consent) refuse("consent", "consent");
    }
    return found;
  };

  // --- a step on the page -----------------------------------------------------------------------------

  // Leaves of a fresh step what its answers call for.
  const prune = (content, county) => {
    const holds = { rated: answers.rating, unrated: !answers.rating, county, "no-county": !county };
    for (const one of content.querySelectorAll("[data-when]")) {
      if (one.dataset.when === "none-found") one.hidden = true;
      else if (!holds[one.dataset.when]) one.remove();
    }
    for (const one of content.querySelectorAll("[data-kinds]")) if (!one.dataset.kinds.split(" ").includes(answers.kind)) one.remove();
    for (const one of content.querySelectorAll("[data-county]")) if (one.dataset.county !== county) one.remove();
    if (!(then || before())) content.querySelector("[name=go][value=back]")?.remove();
  };

  const fill = (content) => {
    for (const field of content.querySelectorAll("input, textarea")) {
      const value = answers[field.name];
      if (field.type === "file") cfms.lay(field, files[field.name]);
      else if (field.type === "radio" || field.type === "checkbox") field.checked = Boolean(value) && field.value === value;
      else if (value && FIELDS.includes(field.name)) field.value = value;
    }
    for (const row of content.querySelectorAll("[data-row]")) {
      const words = told(row.dataset.row);
      if (words) row.querySelector("dd").textContent = words;
      else if (["category", "voice", "photo", "ticket"].includes(row.dataset.row)) row.remove();
    }
  };

  // Returns an answer in the words by which it was offered.
  const told = (row) => {
    const value = row === "contact" ? ["name", "phone", "email"].map((one) => (answers[one] || "").trim()).filter(Boolean).join(", ") : answers[row];
    if (row === "voice" || row === "photo") return files[row] && stage.template("review").content.querySelector(`[data-row=${row}] dd`).textContent;
    if (!value || !["centre", "rating", "kind", "service", "category"].includes(row)) return (value || "").trim();
    const offered = stage.template(STEP_OF[row] || row).content.querySelector(`[name=${row === "category" ? row : "pick"}][value="${CSS.escape(value)}"]`);
    return offered?.closest(".choice")?.querySelector(".choice__label")?.textContent || names[value] || offered?.textContent.trim() || "";
  };

  const ask = (name, { errors, problem, county } = {}) => {
    [here, begun] = [name, true];
    const content = stage.step(name);
    prune(content, county);
    fill(content);
    if (problem) stage.warn(content, problem);
    if (errors && Object.values(errors).some(Boolean)) stage.complain(content, errors);
    stage.show(content);
    draft.keep();
  };

  // --- what is touched --------------------------------------------------------------------------------

  const collect = (form) => {
    for (const field of form.elements) {
      if (field.type === "file") {
        if (field.files[0]) files[field.name] = field.files[0];
        else delete files[field.name];
      } else if (field.type === "radio" || field.type === "checkbox") {
        if (!field.checked && answers[field.name] === field.value) answers[field.name] = "";
        if (field.checked) answers[field.name] = field.value;
      } else if (FIELDS.includes(field.name)) answers[field.name] = field.value;
    }
  };

  const touch = (form, name = "", value = "", words = "") => {
    if (name === "lang") return speak(value);
    if (name === "go" && value === "all") return cfms.services.all();
    if (name === "go" && value === "finish") return leave();
    if (name === "go" && value === "back") return ask(then || before());
    if (name === "go") return ask(value);
    if (name === "change") {
      then = "review";
      return ask(value);
    }
    if (name === "county") return choose(value);
    if (name === "pick") return pick(value, words);
    if (here === "service") return cfms.services.look(form.elements.find.value, true);
    if (here === "review") return cfms.sending.send();
    return onward();
  };

  const choose = (county) => {
    const centres = stage.template("centre").content.querySelectorAll(`[data-county="${CSS.escape(county)}"] button`);
    return centres.length > 1 ? ask("centre", { county }) : pick(centres[0].value);
  };

  const pick = (value, words) => {
    answers[here] = value;
    if (words) names[value] = words;
    if (here === "kind") tidy();
    onward();
  };

  // Another kind of message, chosen since, may have no such category.
  const tidy = () => {
    const chip = stage.template("message").content.querySelector(`[name=category][value="${CSS.escape(answers.category || "")}"]`);
    if (!chip?.closest("[data-kinds]").dataset.kinds.split(" ").includes(answers.kind)) answers.category = "";
  };

  const onward = () => {
    const errors = wrong(here);
    if (Object.keys(errors).length) return ask(here, { errors });
    if (answers.rating && (here === "rating" || (here === "kind" && answers.ticket))) cfms.sending.rate(here);
    return ask(after());
  };

  const leave = () => {
    if (answers.rating && answers.ticket) cfms.sending.rate("kind");
    draft.drop();
    begin();
    [here, begun] = ["counted", true];
    stage.show(stage.step("counted"));
  };

  // The same question in another language, with everything that was typed; the document comes anew, as it does for everybody.
  const speak = async (lang) => {
    const where = `${location.pathname}?${new URLSearchParams({ lang, ...(kiosk && { kiosk }) })}`;
    const page = await stage.fetched(cfms.look.along(where));
    const at = here;
    if (!page) return stage.warn(document.getElementById("main"), stage.sentence("away"));
    stage.become(page, true);
    if (ENDS.includes(at)) return cfms.sending.again();
    return ask(at);
  };

  // --- a reload on a device of one's own --------------------------------------------------------------

  const draft = {
    name: "cfms-draft",
    keep() {
      if (kiosk) return;
      const { kind, service, category, rating, text, rated } = answers;
      try {
        sessionStorage.setItem(draft.name, JSON.stringify({ here, names, kind, service, category, rating, text, rated }));
      } catch {
        // A browser that keeps nothing: a reload begins anew.
      }
    },
    drop() {
      try {
        sessionStorage.removeItem(draft.name);
      } catch {
        // As above.
      }
    },
    // Only after a reload, or back from another page: who opens a page anew wants to begin.
    take() {
      const [entry] = performance.getEntriesByType("navigation");
      if (kiosk || !["reload", "back_forward"].includes(entry?.type)) {
        draft.drop();
        return null;
      }
      try {
        return JSON.parse(sessionStorage.getItem(draft.name));
      } catch {
        return null;
      }
    },
  };

  // --- where it begins --------------------------------------------------------------------------------

  cfms.flow = {
    ask, pick, wrong, rules,
    way: () => way,
    state: () => ({ answers, files, here }),
    stepOf: (field) => STEP_OF[field] || (way.includes(field) ? field : "review"),
    // What was sent is nobody's any more.
    end(at) {
      draft.drop();
      begin();
      [here, begun] = [at, true];
    },
    // What was sent in vain is theirs again.
    resume(at, said, added) {
      [answers, files, here] = [said, added, at];
    },
  };

  const mine = (form) => form.matches("#answers") && document.getElementById("main").contains(form);

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!mine(form)) return;
    event.preventDefault();
    collect(form);
    touch(form, submitter?.name, submitter?.value, submitter?.querySelector(".choice__label")?.textContent);
  }, true);

  document.addEventListener("click", (event) => {
    const back = event.target.closest("button[type=button][name=go]");
    const tongue = event.target.closest("a.tool[lang]");
    if (!back && !(tongue && begun)) return;
    event.preventDefault();
    const form = document.getElementById("answers");
    if (form) collect(form);
    touch(form, back ? "go" : "lang", back ? back.value : tongue.lang);
  });

  document.addEventListener("input", ({ target }) => {
    if (!begun || !FIELDS.includes(target.name) || !target.form) return;
    collect(target.form);
    draft.keep();
  });

  document.addEventListener("cfms:wipe", () => begin());

  const first = {};
  for (const { name, value } of document.querySelectorAll("#answers input[type=hidden]")) {
    if (["centre", "service", "desk", "q"].includes(name)) first[name] = value;
  }
  begin(first);
  document.addEventListener("DOMContentLoaded", () => {
    const { here: at, names: called, ...kept } = draft.take() || {};
    if (!way.includes(at)) return;
    names = called;
    Object.assign(answers, Object.fromEntries(Object.entries(kept).filter(([, value]) => value)));
    ask(at);
  });
})();
