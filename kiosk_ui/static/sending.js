// What is sent, and what comes back: a face as soon as it is touched, a message when it is finished, and the receipt.
"use strict";

(() => {
  const cfms = window.cfms;
  const { flow, stage } = cfms;
  if (!flow) return;
  const QUICK = 3000; // milliseconds between two presses on one terminal, under which the second is marked (spec ui §4)
  const PRESSED = "cfms-pressed"; // when this terminal's last press was, and nothing else
  let sending = false;
  let pressed = {};
  let current = null; // what the receipt is of: {id, code, ref}, and the problem of what was refused after it was kept

  const quick = () => {
    const now = Date.now();
    try {
      const last = Number(sessionStorage.getItem(PRESSED));
      sessionStorage.setItem(PRESSED, now);
      return now - last < QUICK;
    } catch {
      return false;
    }
  };

  // Counts the face at once; from step *at* "kind", adds the ticket to it.
  const rate = async (at) => {
    const { answers } = flow.state();
    if (pressed.id === answers.rated && at === "rating") return; // the first tap stands
    if (pressed.id !== answers.rated) pressed = { id: answers.rated, quick: quick() };
    const body = cfms.answers.ratingBody(answers, pressed.quick);
    const { state, problem } = await cfms.outbox.send("rating", body);
    if (state === "refused" && flow.state().answers.rated === body.id) flow.ask(at, { problem: words(problem) });
  };

  const words = ({ error, message, details }) => stage.sentence(error, details, message);

  // On a device of one's own the code stands on this page alone, from the touch that sends: whoever would lose it by reloading or going
  // back is asked. What they then write again would be a second message.
  const question = (event) => event.preventDefault();
  const hold = (on) => window[on && !document.documentElement.dataset.kiosk ? "addEventListener" : "removeEventListener"]("beforeunload", question);
  document.addEventListener("submit", (event) => event.defaultPrevented || hold(false)); // the server shows the receipt from here on
  document.addEventListener("click", (event) => !event.defaultPrevented && event.target.closest("a[href^='/']:not([target])") && hold(false));

  const send = async () => {
    if (sending) return;
    const wrong = flow.way().find((name) => Object.keys(flow.wrong(name)).length);
    if (wrong) {
      flow.ask(wrong, { errors: flow.wrong(wrong) });
      return;
    }
    sending = true;
    hold(true);
    document.getElementById("main").setAttribute("aria-busy", "true");
    const { answers, files } = flow.state();
    const still = () => flow.state().answers === answers; // nobody has left or wiped the page meanwhile
    try {
      const outcome = await cfms.outbox.send("feedback", await cfms.answers.feedbackBody(answers, files, flow.rules()));
      if (!still()) return;
      if (outcome.state === "refused") refused(outcome.problem);
      else arrived(answers, files, outcome);
    } catch {
      if (still()) refused({ error: "StoreUnavailable" });
    } finally {
      sending = false;
      hold(Boolean(current));
      document.getElementById("main")?.removeAttribute("aria-busy");
    }
  };

  // The sentence stands where it can be acted upon, and everything typed is still there.
  const refused = (problem) => {
    const file = /^(Photo|Voice)/.exec(problem.error)?.[1].toLowerCase();
    const field = file || problem.details?.field;
    const step = /TooLarge|TooManyFiles/.test(problem.error) ? "message" : flow.stepOf(field);
    if (field && step !== "review") flow.ask(step, { errors: { [field]: words(problem) } });
    else flow.ask(step, { problem: words(problem) });
  };

  const arrived = (answers, files, { state, receipt, later }) => {
    const mine = { id: answers.id, code: answers.code, ref: receipt?.ref };
    current = mine;
    flow.end(state);
    if (state === "registered") {
      show();
      return;
    }
    fill("kept");
    later.then(({ ref, refused: problem }) => {
      if (current !== mine) return;
      Object.assign(mine, { ref, problem });
      if (!problem) return show();
      flow.resume("refused", answers, files); // under the same id and code: written again, it is still one message
      return fill("refused");
    });
  };

  // Why, as far as it can be told: an envelope's refusal has the name alone, without the numbers its sentence may need.
  const reason = ({ error, details }) => {
    const said = stage.sentence(details?.why || error, details);
    return /\{\w+\}/.test(said) ? "" : said;
  };

  // The receipt's own page, as only the server makes it; without it, the code and the reference.
  const show = async () => {
    const mine = current;
    const { lang, dataset } = document.documentElement;
    const asked = { at: "receipt", id: mine.id, code: mine.code, lang, look: cfms.look.now(), ...(dataset.kiosk && { kiosk: dataset.kiosk }) };
    const page = await stage.fetched("/feedback", asked);
    if (current !== mine) return;
    if (page?.querySelector(".code")) stage.borrow(page);
    else fill("registered");
  };

  const fill = (name) => {
    const content = stage.step(name);
    const groups = current.code.match(/.{4}/g);
    content.querySelectorAll("[data-group]").forEach((one, at) => (one.textContent = groups[at]));
    content.querySelectorAll("[data-spoken]").forEach((one, at) => (one.textContent = [...groups[at]].join(" ")));
    for (const one of content.querySelectorAll("[data-code]")) one.textContent = groups.join(" ");
    for (const one of content.querySelectorAll("[data-ref]")) one.textContent = current.ref || "";
    for (const one of content.querySelectorAll("[data-sentence]")) {
      one.textContent = reason(current.problem);
      one.hidden = !one.textContent;
    }
    for (const one of content.querySelectorAll("[data-when=memory]")) one.hidden = window.isSecureContext;
    stage.show(content);
  };

  // The same end in another language.
  const again = () => {
    hold(Boolean(current));
    if (!current) stage.show(stage.step("counted"));
    else if (current.ref) show();
    else fill(current.problem ? "refused" : "kept");
  };

  cfms.sending = { rate, send, again };
  document.addEventListener("cfms:wipe", () => ([current, pressed] = [null, {}]));
})();
