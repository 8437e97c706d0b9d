// Seals an object to the appliance's intake key, so that what waits on this device holds no readable word: HPKE in base mode
// (RFC 9180; DHKEM X25519, HKDF-SHA256, AES-256-GCM) by WebCrypto alone. Null where the browser has none, as over plain HTTP.
"use strict";

(() => {
  const cfms = (window.cfms = window.cfms || {});
  const utf8 = new TextEncoder();
  const KEM = join(utf8.encode("KEM"), [0x00, 0x20]);
  const SUITE = join(utf8.encode("HPKE"), [0x00, 0x20, 0x00, 0x01, 0x00, 0x02]);
  const NONE = new Uint8Array(0);
  // An envelope's length tells its class, not what was said: 4 KiB hold a rating as well as the longest text.
  const LEAST = 4096;
  const STEP = 65536;

  function join(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  function toBytes(base64url) {
    return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  }

  async function hmac(key, data) {
    // HMAC pads its key with zeros, and WebCrypto refuses an empty one: a zero byte is the same key.
    const made = await crypto.subtle.importKey("raw", key.length ? key : new Uint8Array(1), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", made, data));
  }

  const extract = (suite, salt, label, key) => hmac(salt, join(utf8.encode("HPKE-v1"), suite, utf8.encode(label), key));

  async function expand(suite, secret, label, info, length) {
    const said = join([length >> 8, length & 255], utf8.encode("HPKE-v1"), suite, utf8.encode(label), info, [1]);
    return (await hmac(secret, said)).slice(0, length); // one block is enough: nothing longer than 32 bytes is asked for
  }

  // Returns the sender's share and the ciphertext, one after the other.
  async function sealTo(recipient, info, plain) {
    const x25519 = { name: "X25519" };
    const theirs = await crypto.subtle.importKey("raw", recipient, x25519, false, []);
    const ours = await crypto.subtle.generateKey(x25519, false, ["deriveBits"]);
    const share = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
    const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, ours.privateKey, 256));
    const shared = await expand(KEM, await extract(KEM, NONE, "eae_prk", dh), "shared_secret", join(share, recipient), 32);
    const context = join([0], await extract(SUITE, NONE, "psk_id_hash", NONE), await extract(SUITE, NONE, "info_hash", info));
    const secret = await extract(SUITE, shared, "secret", NONE);
    const key = await crypto.subtle.importKey("raw", await expand(SUITE, secret, "key", context, 32), "AES-GCM", false, ["encrypt"]);
    const iv = await expand(SUITE, secret, "base_nonce", context, 12);
    return join(share, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
  }

  // Spaces after JSON mean nothing to whoever reads it.
  function padded(text) {
    const said = utf8.encode(text);
    const size = said.length > STEP ? Math.ceil(said.length / STEP) * STEP : Math.max(LEAST, 2 ** Math.ceil(Math.log2(said.length)));
    const whole = new Uint8Array(size).fill(32);
    whole.set(said);
    return whole;
  }

  // Returns {kid, sealed} for {to, body}, bound to body.id; null where it cannot be done here.
  cfms.seal = async (object) => {
    const meta = document.querySelector("meta[name='cfms-intake']");
    if (!meta || !window.isSecureContext || !(window.crypto && crypto.subtle)) return null;
    const [kid, key] = meta.content.split(" ");
    try {
      return { kid, sealed: await sealTo(toBytes(key), utf8.encode(`cfms-intake/v1\n${kid}\n${object.body.id}\n`), padded(JSON.stringify(object))) };
    } catch (error) {
      return null; // an older browser: it has WebCrypto, but no X25519
    }
  };
})();
