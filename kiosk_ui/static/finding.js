// Looking for a service: among those on the page by the appliance's own rule (appliance/domain/service_search.py), which forgives
// slips of the finger, accents and half words in every language at once, and then in the whole catalogue, if the appliance answers.
"use strict";

(() => {
  const cfms = window.cfms;
  const ENOUGH = 0.45; // of what was typed; below it a hit is more often noise than a guess
  const LEAST = 2; // signs typed before anything is looked for

  // The three-letter pieces of a text's words, without case and accents.
  const pieces = (text) => {
    const words = text.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "").match(/[\p{L}\p{N}]+/gu) || [];
    return new Set(words.flatMap((word) => [...`${word} `].map((_, at) => `  ${word} `.slice(at, at + 3))));
  };

  // Returns those of *items* that *query* may mean, best first.
  const find = (query, items) => {
    const wanted = [...pieces(query)];
    const share = (item) => {
      const has = pieces(item.dataset.words || item.textContent);
      return wanted.filter((one) => has.has(one)).length / wanted.length;
    };
    return items.map((item) => [item, share(item)]).filter(([, good]) => good >= ENOUGH).sort(([, one], [, other]) => other - one).map(([item]) => item);
  };

  // --- the question's page ----------------------------------------------------------------------------

  let page = {}; // the list as it came, and "something else" at its end
  const button = (item) => item.querySelector("button");
  const offered = (code) => page.items.find((item) => button(item).value === code);

  const drawn = () => {
    const list = document.querySelector("#answers .choices");
    if (list && list !== page.list) page = { list, items: [...list.children].slice(0, -1), last: list.lastElementChild, typed: "" };
    return Boolean(list);
  };

  const show = (items, nothing = false) => {
    page.list.replaceChildren(...items, page.last);
    document.querySelector("#answers [data-when=none-found]").hidden = !nothing;
  };

  const first = () => {
    for (const item of page.items) item.hidden = !page.all && "rest" in item.dataset;
    show(page.items);
  };

  const all = () => {
    drawn();
    page.all = true;
    document.querySelector("#answers [name=go][value=all]").parentElement.hidden = true;
    first();
    button(page.items.find((item) => "rest" in item.dataset) || page.last).focus();
  };

  const found = (items) => {
    for (const item of items) item.hidden = false;
    show(items, !items.length);
  };

  // Shows what *words* may mean; at the end of typing (*whole*) a poster's code is taken at its word, and the appliance is asked.
  const look = async (words, whole) => {
    if (!drawn()) return;
    const typed = words.trim();
    page.typed = typed;
    if (typed.length < LEAST) {
      first();
      return;
    }
    const near = find(typed, page.items);
    found(near);
    if (!whole) return;
    const code = typed.replace(/[\s-]/g, "");
    const poster = cfms.answers.isPosterCode(code);
    const more = await (poster && offered(code) ? [{ code }] : catalogue(poster ? code : typed));
    if (!drawn() || page.typed !== typed) return;
    const items = more.map((one) => offered(one.code) || made(one));
    found([...new Set([...items, ...near])]);
    if (poster && items.length === 1) cfms.flow.pick(code, items[0].querySelector(".choice__label").textContent);
  };

  const catalogue = async (asked) => {
    try {
      const answer = await fetch(`/api/v1/services?${new URLSearchParams({ find: asked, lang: document.documentElement.lang })}`);
      return answer.ok ? (await answer.json()).services : [];
    } catch {
      return []; // the appliance is away: what the page holds is what can be found
    }
  };

  // A service that no counter here has, drawn like "something else".
  const made = ({ code, name, hint }) => {
    const item = page.last.cloneNode(true);
    button(item).value = code;
    item.querySelector(".choice__label").textContent = name;
    if (hint) item.querySelector(".choice__words").append(Object.assign(document.createElement("span"), { className: "choice__hint", textContent: hint }));
    return item;
  };

  cfms.services = { all, look };
  document.addEventListener("input", ({ target }) => target.id === "find" && look(target.value, false));
})();
