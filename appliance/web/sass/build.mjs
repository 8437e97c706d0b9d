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
const notice = `/* CFMS base styles. Built from appliance/web/sass, sources ${hash.digest("hex")}.\n   Holds parts of GOV.UK Frontend 6.6.0, MIT licence, see NOTICE. Do not edit: change the sources and build. */\n`;
writeFileSync(join(here, "..", "static", "base.css"), notice + built.css.trim().replaceAll("}", "}\n").replaceAll("\n}", "}") + "\n");
