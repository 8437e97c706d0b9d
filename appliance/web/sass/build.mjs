// Compiles base.scss into ../static/base.css and stamps it with the hash of its sources, so that a test without Node can tell
// whether the committed file is the one these sources make.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(here).filter((name) => name.endsWith(".scss") || name === "package.json").sort();
const hash = createHash("sha256");
for (const name of sources) hash.update(name + "\n").update(readFileSync(join(here, name)));

// GOV.UK reckons with colours, and ours are custom properties: each stands in as a colour that nobody else uses, until all is built.
const standIns = new Map();
const token = ([name]) => {
  const number = [...standIns.values()].indexOf(name.assertString().text);
  const at = number < 0 ? standIns.size : number;
  standIns.set(`#ab00${at.toString(16).padStart(2, "0")}`, name.assertString().text);
  return new sass.SassColor({ space: "rgb", red: 0xab, green: 0, blue: at });
};

const built = sass.compile(join(here, "base.scss"), {
  style: "compressed",
  charset: false,
  loadPaths: [join(here, "node_modules")],
  quietDeps: true,
  functions: { "token($name)": token },
});
// Shades that GOV.UK reckons or names itself, in the parts of its buttons and lists that show them.
const SHADES = {
  "#000": "ink", "#0b0c0c": "ink", "#0f385c": "ink", "#083d29": "green-deep", "#0b5c3e": "green-deep", "#ca3535": "red", "#651b1b": "red-deep",
  "#982828": "red-deep", "#858686": "clay", "#cecece": "sand", "#f3f3f3": "sand-tint", "#f4f8fb": "sand-tint", "#fff": "card",
};
const named = (colour) => {
  if (!(colour in SHADES)) throw new Error(`${colour} is no token of _tokens.scss`);
  return `var(--${SHADES[colour]})`;
};
// Left and right become the start and the end of a line, in GOV.UK's own parts too, so that a page written from the right needs no rule.
const SIDES = { left: "start", right: "end" };
const css = built.css
  .trim()
  .replaceAll(/#ab00[0-9a-f]{2}\b/g, (standIn) => `var(--${standIns.get(standIn)})`)
  .replaceAll(/(?<=:[^;{}]*)(?<!--[a-z-]+:[^;{}]*)#[0-9a-f]{3,8}\b/g, named)
  .replaceAll(/(?<=[{;])(margin|padding|border)-(left|right)(?=[-:])/g, (_, what, side) => `${what}-inline-${SIDES[side]}`)
  .replaceAll(/(?<=[{;])(left|right):/g, (_, side) => `inset-inline-${SIDES[side]}:`)
  .replaceAll(/(?<=[{;])text-align:(left|right)/g, (_, side) => `text-align:${SIDES[side]}`)
  .replaceAll(/(?<=[{;])float:(left|right)/g, (_, side) => `float:inline-${SIDES[side]}`);
const notice = `/* CFMS base styles. Built from appliance/web/sass, sources ${hash.digest("hex")}.\n   Holds parts of GOV.UK Frontend 6.6.0, MIT licence, see NOTICE. Do not edit: change the sources and build. */\n`;
writeFileSync(join(here, "..", "static", "base.css"), notice + css.replaceAll("}", "}\n").replaceAll("\n}", "}") + "\n");
