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

const built = sass.compile(join(here, "base.scss"), {
  style: "compressed",
  charset: false,
  loadPaths: [join(here, "node_modules")],
  quietDeps: true,
});
// Left and right become the start and the end of a line, in GOV.UK's own parts too, so that a page written from the right needs no rule.
const SIDES = { left: "start", right: "end" };
const css = built.css
  .trim()
  .replaceAll(/(?<=[{;])(margin|padding|border)-(left|right)(?=[-:])/g, (_, what, side) => `${what}-inline-${SIDES[side]}`)
  .replaceAll(/(?<=[{;])(left|right):/g, (_, side) => `inset-inline-${SIDES[side]}:`)
  .replaceAll(/(?<=[{;])text-align:(left|right)/g, (_, side) => `text-align:${SIDES[side]}`)
  .replaceAll(/(?<=[{;])float:(left|right)/g, (_, side) => `float:inline-${SIDES[side]}`);
const notice = `/* CFMS base styles. Built from appliance/web/sass, sources ${hash.digest("hex")}.\n   Holds parts of GOV.UK Frontend 6.6.0, MIT licence, see NOTICE. Do not edit: change the sources and build. */\n`;
writeFileSync(join(here, "..", "static", "base.css"), notice + css.replaceAll("}", "}\n").replaceAll("\n}", "}") + "\n");
