// The service worker: keeps the citizens' pages on this device, so that they open while the server is away, and gets out of the way of
// everything else. The server puts KEPT before this file: {version, sounds, languages, shells, away}. Another version is another set of
// pages, kept whole before the old one goes; nothing is taken over from one into the other.
"use strict";

const PAGES = `cfms-pages-${KEPT.version}`;
const SOUNDS = `cfms-sounds-${KEPT.sounds}`;
const KIOSK = new URL(self.location.href).searchParams.get("kiosk") || "";
const OTHERS = /^\/(desk|hq|staff|api|sync|open311|channels|healthz|metrics|sw\.js)(\/|$)/; // staff's, machines', and this file
const SOON = 3000; // milliseconds to wait for a page that is kept here too
const LATE = 12000; // and for one that is not

const address = (path, lang) => `${path}?${new URLSearchParams(KIOSK ? { lang, kiosk: KIOSK } : { lang })}`;

// --- keeping ------------------------------------------------------------------------------------------------------------------------

async function keep() {
  const cache = await caches.open(PAGES);
  const files = new Set();
  for (const lang of KEPT.languages) {
    for (const path of [...KEPT.shells, KEPT.away]) {
      const answer = await fetch(address(path, lang), { cache: "no-store", credentials: "omit" });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      for (const [, file] of (await answer.clone().text()).matchAll(/ (?:src|href)="(\/static\/[^"]+)"/g)) files.add(file.replaceAll("&amp;", "&"));
      await cache.put(address(path, lang), answer);
    }
  }
  await cache.addAll(files);
  await cache.addAll(await drawings(cache));
}

// The pictures that style sheets name, beside them.
async function drawings(cache) {
  const found = new Set();
  for (const { url } of await cache.keys()) {
    if (!new URL(url).pathname.endsWith(".css")) continue;
    const text = await (await cache.match(url)).text();
    for (const [, file] of text.matchAll(/url\(["']?([^"')]+)["']?\)/g)) found.add(new URL(file, url).href);
  }
  return [...found];
}

async function drop() {
  for (const name of await caches.keys()) if (name.startsWith("cfms-") && name !== PAGES && name !== SOUNDS) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(drop()));

// --- answering ----------------------------------------------------------------------------------------------------------------------

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || OTHERS.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (request.method === "GET" && url.pathname.startsWith("/static/kiosk/sounds/")) event.respondWith(sound(url, event));
  else if (request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

// A page comes from the server whenever that answers. Nothing that was sent is ever sent twice from here, or kept.
async function page(request, url) {
  const shell = request.method === "GET" && KEPT.shells.includes(url.pathname);
  try {
    const answer = await within(request.method === "GET" ? (shell ? SOON : LATE) : 0, fetch(request));
    const gone = answer.status === 502 || answer.status === 504 || (shell && answer.status >= 500); // a proxy is there, and nobody behind it
    if (!gone) return answer;
  } catch (error) {
    // Nobody there, or too slow: what is kept has to do.
  }
  return (await kept(address(shell ? url.pathname : KEPT.away, language(url)))) || Response.error();
}

async function file(request) {
  return (await kept(request.url)) || fetch(request);
}

// A recording is kept when it was first heard, whole, whatever part the player asked for.
async function sound(url, event) {
  const found = await kept(url.href);
  if (found) return found;
  const answer = await fetch(url.href);
  if (answer.ok) {
    const copy = answer.clone();
    event.waitUntil(caches.open(SOUNDS).then((cache) => cache.put(url.href, copy)).catch(() => {})); // a full disk: it is heard all the same
  }
  return answer;
}

async function kept(what) {
  for (const name of [PAGES, SOUNDS]) {
    const found = await (await caches.open(name)).match(what, { ignoreVary: true });
    if (found) return found;
  }
  return undefined;
}

function within(milliseconds, answer) {
  if (!milliseconds) return answer;
  let timer = 0;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error("late")), milliseconds);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

// The language that the address asks for, else the first of the reader's that there is.
function language(url) {
  const wanted = [url.searchParams.get("lang"), ...self.navigator.languages.map((one) => one.split("-")[0])];
  return wanted.find((one) => KEPT.languages.includes(one)) || KEPT.languages[0];
}
