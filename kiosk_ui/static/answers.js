// What a citizen's answers become: ids and the receipt's code minted here, before anything is sent, and the body that is registered
// (appliance/domain/ids.py, appliance/domain/codes.py and kiosk_ui/answers.py say the same on the server).
"use strict";

(() => {
  const cfms = window.cfms;
  const SPACE = 10n ** 18n;
  const UNBIASED = 18n * SPACE; // a draw of 64 bits beyond the last whole copy of the space would favour small codes
  const NOT_A_NUMBER = /[\s().\-\u2010-\u2015]+/g;
  const draw = (count) => crypto.getRandomValues(new Uint8Array(count));
  const hex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");

  // A UUIDv7 (RFC 9562) of the time and ten random bytes, as 32 hex digits.
  const mintId = (milliseconds = Date.now(), ten = draw(10)) => {
    const random = BigInt(`0x${hex(ten)}`) & ((1n << 74n) - 1n);
    const id = (BigInt(milliseconds) << 80n) | (7n << 76n) | ((random >> 62n) << 64n) | (2n << 62n) | (random & ((1n << 62n) - 1n));
    return id.toString(16).padStart(32, "0");
  };

  // The receipt code of eight random bytes: 18 digits and two check digits (ISO 7064 MOD 97-10); null for a draw to be repeated.
  const codeFrom = (eight) => {
    const number = BigInt(`0x${hex(eight)}`);
    if (number >= UNBIASED) return null;
    const payload = number % SPACE;
    return `${payload}`.padStart(18, "0") + `${98n - ((payload * 100n) % 97n)}`.padStart(2, "0");
  };

  const mintCode = () => {
    let code = null;
    while (code === null) code = codeFrom(draw(8));
    return code;
  };

  // A service's five digits on a poster leave 1 when divided by 11.
  const isPosterCode = (text) => /^[0-9]{5}$/.test(text) && Number(text) % 11 === 1;

  // A telephone number as the world dials it, "" for none, null where it cannot be one of this country.
  const phoneNumber = (typed, rules) => {
    const digits = typed.replace(NOT_A_NUMBER, "");
    if (!digits) return "";
    for (const start of [`+${rules.callingCode}`, `00${rules.callingCode}`, rules.callingCode, rules.trunk]) {
      const rest = digits.slice(start.length);
      if (start && digits.startsWith(start) && rest.length === Number(rules.digits) && /^[0-9]+$/.test(rest)) return `+${rules.callingCode}${rest}`;
    }
    return null;
  };

  const base64 = (file) =>
    new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = () => failed(reader.error);
      reader.readAsDataURL(file);
    });

  const real = (choice) => (choice === "else" ? "" : choice || "");

  // What is said of where and how, the same for a face and for a message.
  const said = (answers) => ({
    lang: document.documentElement.lang, channel: document.body.dataset.channel,
    service: real(answers.service), desk: answers.desk || "", centre: real(answers.centre),
    rating: Number(answers.rating || 0), ticket: (answers.ticket || "").trim(),
  });

  const ratingBody = (answers, quick) => ({ id: answers.rated, quick, ...said(answers) });

  const feedbackBody = async (answers, files, rules) => {
    const text = (name) => (answers[name] || "").trim();
    const named = text("name") || text("phone") || text("email");
    const added = Object.entries(files).map(async ([kind, file]) => ({ kind, data: await base64(file) }));
    return {
      id: answers.id, code: answers.code, rated: answers.rating ? answers.rated : "", ...said(answers), kind: answers.kind, category: text("category"),
      text: text("text"), name: text("name"), phone: phoneNumber(text("phone"), rules) || "", email: text("email"),
      consent: named ? text("consent") : "", files: await Promise.all(added),
    };
  };

  cfms.answers = { mintId, codeFrom, mintCode, isPosterCode, phoneNumber, ratingBody, feedbackBody };
})();
