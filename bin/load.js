/**
 * Loads the chunks of dist/bundle. Beside each, `npm run build` leaves the code that V8 made of it, which spares
 * compiling it again where nnt is run by the same Node.
 */
const { readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

/** What the code is of. V8 itself looks at its version and flags only, and runs that of other processors until it crashes. */
const kind = `${process.version}-${process.platform}-${process.arch}.v8`;

/** By path. */
const loaded = new Map();

function load(file) {
  const known = loaded.get(file);
  if (known) return known.module.exports;
  const script = compile(file);
  const module = { exports: {} };
  loaded.set(file, { script, module });
  const folder = dirname(file);
  const requireFrom = (name) => (/^\.\/[^/]+\.cjs$/.test(name) ? load(join(folder, name)) : require(name));
  script.runInThisContext().call(module.exports, module.exports, requireFrom, module, file, folder);
  return module.exports;
}

function compile(file) {
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
  return new Script(text, { filename: file, cachedData: kept(file) });
}

function kept(file) {
  try {
    return readFileSync(`${file}.${kind}`);
  } catch {
    return undefined; // not built with `npm run build`, or not whole
  }
}

/** Leaves what V8 has made so far of all that is loaded beside it. */
function keep() {
  for (const [file, { script }] of loaded) writeFileSync(`${file}.${kind}`, script.createCachedData());
}

module.exports = { compile, keep, load };
