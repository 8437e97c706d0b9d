// Sends what a citizen says so that it is never lost and never doubled: first kept on this device, then sent, and dropped once the
// server has it on disk. What is kept is sealed (seal.js) and waits in IndexedDB; where a browser cannot seal, it waits in memory for
// as long as the page is open. What waits goes by itself: at load, when the network is back, every fifteen seconds.
"use strict";

(() => {
  const cfms = (window.cfms = window.cfms || {});
  const MOST = 500; // messages
  const MOST_BYTES = 200 * 1024 * 1024;
  const EVERY = 15; // seconds between rounds; twice as many after each that failed, up to SLOWEST
  const SLOWEST = 60;
  const PATIENCE = 10; // seconds for an answer, and one more for each BYTES_A_SECOND
  const BYTES_A_SECOND = 50_000;
  const LONGEST = 3600; // seconds a server may ask us to wait
  const HEARTBEAT = 300; // seconds between two words to the server about what waits on a terminal
  const POOR = 3; // failures in a row after which a round gives up

  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const ended = (act) => new Promise((done, failed) => {
    act.oncomplete = () => done();
    act.onabort = () => failed(act.error || new Error("not kept"));
  });

  // --- where messages wait: two shelves with one face. A row is {id, stamp, size, hold, refused} ------------------------------------
  // A message may be put again under its id (a ticket was added), so only the very one that was sent is dropped: the stamp tells.

  const disk = {
    opened: null,
    open() {
      this.opened = this.opened || new Promise((done, failed) => {
        const request = indexedDB.open("cfms-outbox", 1);
        request.onupgradeneeded = () => ["rows", "sealed"].forEach((name) => request.result.createObjectStore(name));
        request.onsuccess = () => done(request.result);
        request.onerror = request.onblocked = () => failed(request.error || new Error("blocked"));
      }).then((db) => {
        db.onversionchange = db.onclose = () => {
          db.close();
          this.opened = null;
        };
        return db;
      });
      return this.opened;
    },
    // A strict transaction is on the disk when it ends, so that a power cut loses nothing that was promised.
    async act(work, mode = "readwrite") {
      const act = (await this.open()).transaction(["rows", "sealed"], mode, { durability: "strict" });
      const end = ended(act);
      const result = await work(act.objectStore("rows"), act.objectStore("sealed"));
      await end;
      return result;
    },
    rows() {
      return this.act((rows) => asked(rows.getAll()), "readonly");
    },
    put(row, envelope) {
      return this.act(async (rows, sealed) => {
        if (!fits(row, await asked(rows.getAll()))) return false;
        rows.put(row, row.id);
        sealed.put(envelope, row.id);
        return true;
      });
    },
    change(row, changes) {
      return this.act(async (rows, sealed) => {
        const found = await asked(rows.get(row.id));
        if (!found || found.stamp !== row.stamp) return;
        if (changes) rows.put({ ...found, ...changes }, row.id);
        else [rows, sealed].forEach((store) => store.delete(row.id));
      });
    },
    async request(row, left) {
      const found = await this.act((rows, sealed) => asked(sealed.get(row.id)), "readonly");
      return found && ["sealed", { kid: found.kid, id: row.id, sealed: await base64(found.sealed), ...left }];
    },
  };

  const memory = {
    held: new Map(),
    async rows() {
      return [...this.held.values()].map((one) => one.row);
    },
    async put(row, message) {
      if (!fits(row, await this.rows())) return false;
      this.held.set(row.id, { row, message });
      leaving();
      return true;
    },
    async change(row, changes) {
      const found = this.held.get(row.id);
      if (!found || found.row.stamp !== row.stamp) return;
      if (changes) found.row = { ...found.row, ...changes };
      else this.held.delete(row.id);
      leaving();
    },
    async request(row) {
      const { to, body } = this.held.get(row.id).message;
      return [to, body];
    },
  };

  function fits(row, rows) {
    const others = rows.filter((one) => one.id !== row.id);
    return others.length < MOST && others.reduce((sum, one) => sum + one.size, row.size) <= MOST_BYTES;
  }

  // What waits in memory is lost with the page, so whoever leaves is asked.
  const question = (event) => event.preventDefault();
  const fragile = () => [...memory.held.values()].some((one) => !one.row.refused);
  function leaving() {
    window[fragile() ? "addEventListener" : "removeEventListener"]("beforeunload", question);
  }

  function base64(bytes) {
    return new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = () => failed(reader.error);
      reader.readAsDataURL(new Blob([bytes]));
    });
  }

  // --- one request ----------------------------------------------------------------------------------------------------------------

  const terminal = () => document.documentElement.dataset.kiosk || "";
  const address = (path) => `/api/v1/${path}${terminal() ? `?kiosk=${encodeURIComponent(terminal())}` : ""}`;

  // Returns {state: "registered", receipt}, {state: "refused", problem} for good, or {state: "away", seconds, poor}: not now. Whatever
  // does not speak as our server does (a login page of the network, a proxy's own error) is as good as nobody.
  async function post(path, body) {
    const said = JSON.stringify(body);
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 1000 * patience(said.length));
    try {
      const answer = await fetch(address(path), {
        method: "POST", body: said, headers: { "Content-Type": "application/json" }, credentials: "omit", cache: "no-store", redirect: "error",
        signal: stop.signal,
      });
      const heard = await answer.json().catch((error) => (stop.signal.aborted ? Promise.reject(error) : {}));
      if (answer.ok && heard.id === body.id) return { state: "registered", receipt: heard };
      const now = [408, 425, 429].includes(answer.status) || answer.status >= 500 || answer.ok;
      if (answer.status === 413 || (!now && heard.error)) return { state: "refused", problem: { ...problem("TooLarge"), ...heard } };
      return { state: "away", seconds: Math.min(LONGEST, Number(answer.headers.get("Retry-After")) || 0), poor: answer.status === 500 };
    } catch (error) {
      return { state: "away", seconds: 0, poor: stop.signal.aborted };
    } finally {
      clearTimeout(timer);
    }
  }

  const patience = (size) => PATIENCE + size / BYTES_A_SECOND;

  // --- sending --------------------------------------------------------------------------------------------------------------------

  const waiters = new Map(); // id: those who wait to hear what became of it

  async function send(to, body) {
    const message = { to, body };
    // Sealed and in base64 it must still fit a request; what does not is sent as it is, now or not at all.
    const meta = document.querySelector("meta[name='cfms-intake']");
    const large = Boolean(meta) && new Blob([JSON.stringify(body)]).size > Number(meta.dataset.most);
    const envelope = large ? null : await cfms.seal(message);
    const size = envelope ? envelope.sealed.length : JSON.stringify(body).length;
    // Held back from rounds, in this tab or another, for as long as it is being sent from here.
    const row = { id: body.id, stamp: Math.random(), size, hold: Date.now() + 1000 * (patience(size * 2) + 5), refused: "" };
    const shelf = !large && (await keep(row, envelope, message));
    announce();
    const heard = await post(to, body);
    if (heard.state === "away" && !shelf) return { state: "refused", problem: problem(large ? "TooLarge" : "OutboxFull") };
    if (heard.state === "away") {
      const later = new Promise((done) => waiters.set(body.id, [...(waiters.get(body.id) || []), done]));
      await shelf.change(row, { hold: 0 }).catch(() => {});
      plan(Math.max(1, heard.seconds), heard.seconds);
      announce();
      return { state: "kept", later };
    }
    if (shelf) await shelf.change(row, null).catch(() => {}); // if it stays, a round sends it again, which registers nothing new
    announce();
    if (heard.state === "registered") {
      tell(heard.receipt);
      plan(0);
    }
    return heard;
  }

  async function keep(row, envelope, message) {
    if (envelope) {
      try {
        return (await disk.put(row, envelope)) && disk;
      } catch (error) {
        // No room, or no database in this browser's private window: the page itself keeps it.
      }
    }
    return (await memory.put(row, message)) && memory;
  }

  // What we refuse ourselves has its sentence in the page, in the page's language.
  function problem(error) {
    const all = document.querySelector("template[data-problems]");
    const found = all && all.content.querySelector(`[data-problem="${error}"]`);
    return { error, message: found ? found.textContent : "", details: {} };
  }

  // --- rounds ---------------------------------------------------------------------------------------------------------------------

  const poorly = new Map(); // id: how often the server stumbled over it; the others go before it
  const tried = new Set(); // ids refused since this page was opened
  let timer = 0;
  let pause = EVERY;
  let notBefore = 0; // the server asked us to wait until then (performance.now)
  let running = null;

  function plan(seconds, wait = 0) {
    if (wait) notBefore = performance.now() + 1000 * wait;
    clearTimeout(timer);
    timer = setTimeout(round, Math.max(1000 * seconds, notBefore - performance.now(), 0));
  }

  function round() {
    running = running || both().catch(() => ({ failed: true, seconds: 0 })).then(({ failed, seconds }) => {
      running = null;
      pause = failed ? Math.min(2 * pause, SLOWEST) : EVERY;
      plan(Math.max(pause, seconds), seconds);
    });
    return running;
  }

  async function both() {
    const own = await drain(memory);
    const shared = await alone(() => drain(disk));
    const failed = own.failed || shared.failed;
    if (!failed) await report();
    return { failed, seconds: Math.max(own.seconds, shared.seconds) };
  }

  // One tab at a time drains what all share.
  async function alone(work) {
    const nothing = { failed: false, seconds: 0 };
    if (!sealing()) return nothing;
    if (!navigator.locks) return work();
    return navigator.locks.request("cfms-outbox", { ifAvailable: true }, (lock) => (lock ? work() : nothing));
  }

  const sealing = () => window.isSecureContext && Boolean(window.indexedDB);

  async function drain(shelf) {
    const all = await shelf.rows();
    const rows = all.filter(due).sort((a, b) => (poorly.get(a.id) || 0) - (poorly.get(b.id) || 0) || (a.id < b.id ? -1 : 1));
    let aside = all.filter((row) => row.refused && !due(row)).length;
    let bad = 0;
    for (const [at, row] of rows.entries()) {
      const asking = await shelf.request(row, { waiting: rows.length - at - 1, aside });
      if (!asking) continue; // registered meanwhile, by the page that held it
      const heard = await post(...asking);
      if (heard.state === "away") {
        poorly.set(row.id, (poorly.get(row.id) || 0) + (heard.poor ? 1 : 0));
        bad += 1;
        if (!heard.poor || bad >= POOR) return { failed: true, seconds: heard.seconds };
        continue;
      }
      bad = 0;
      await shelf.change(row, heard.state === "registered" ? null : { refused: heard.problem.error });
      if (heard.state === "registered") tell(heard.receipt);
      else {
        aside += 1;
        tried.add(row.id);
        tell({ id: row.id, refused: heard.problem });
      }
      announce();
    }
    return { failed: bad > 0, seconds: 0 };
  }

  // Not what was refused for good, nor what a page is sending itself just now (unless the clock went back meanwhile). A key that is
  // gone may come back from the appliance's archive, so each page asks once more.
  function due(row) {
    const held = row.hold - Date.now();
    const refused = row.refused && (row.refused !== "KeyGone" || tried.has(row.id));
    return !refused && !(held > 0 && held < 1000 * LONGEST);
  }

  // --- who wants to know ----------------------------------------------------------------------------------------------------------

  const tabs = window.BroadcastChannel ? new BroadcastChannel("cfms-outbox") : null;
  if (tabs) tabs.onmessage = (event) => (event.data ? hear(event.data) : announce());

  // News is a receipt, or {id, refused}: the problem for which a message was set aside.
  function tell(news) {
    hear(news);
    if (tabs) tabs.postMessage({ id: news.id, ref: news.ref, due: news.due, refused: news.refused }); // never the code
  }

  function hear(news) {
    for (const done of waiters.get(news.id) || []) done(news);
    waiters.delete(news.id);
  }

  async function count() {
    const rows = [...(sealing() ? await disk.rows().catch(() => []) : []), ...(await memory.rows())];
    const aside = rows.filter((row) => row.refused).length;
    return { waiting: rows.length - aside, aside };
  }

  let shown = "";
  async function announce() {
    const now = await count();
    if (shown === JSON.stringify(now)) return;
    shown = JSON.stringify(now);
    document.dispatchEvent(new CustomEvent("cfms:waiting", { detail: now.waiting }));
    if (tabs) tabs.postMessage(null);
    line(now);
  }

  // What a page says of it: all that is not registered, what was set aside too.
  function line({ waiting, aside }) {
    for (const one of document.querySelectorAll("[data-waiting]")) {
      one.hidden = !(waiting + aside);
      one.textContent = waiting + aside === 1 ? one.dataset.one : one.dataset.many.replace("{count}", String(waiting + aside));
    }
  }

  // A terminal tells its appliance how many wait, so that staff see it.
  let told = "";
  let toldAt = -Infinity;
  async function report() {
    if (!terminal()) return;
    const now = JSON.stringify(await count());
    if (now === told && performance.now() - toldAt < 1000 * HEARTBEAT) return;
    const answer = await fetch(address("waiting"), { method: "POST", body: now, headers: { "Content-Type": "application/json" }, credentials: "omit" });
    if (answer.ok) [told, toldAt] = [now, performance.now()];
  }

  cfms.outbox = { send, fragile, waiting: async () => (await count()).waiting, aside: async () => (await count()).aside };

  window.addEventListener("online", () => plan(0));
  document.addEventListener("cfms:page", async () => line(await count()));
  document.addEventListener("visibilitychange", () => document.hidden || plan(0));
  document.addEventListener("DOMContentLoaded", () => {
    if (terminal() && navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    announce();
    round();
  });
})();
