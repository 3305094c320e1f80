/** Seeds and folds trained side by side: what is told and left behind is as if they had come one after the other. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StopSignal } from "../../src/cli/signals.ts";
import { type Ran, run } from "./host.ts";

const iris = resolve(import.meta.dirname, "../../data/iris.csv");
const directory = mkdtempSync(join(tmpdir(), "nnt-side-by-side-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const spec = (name: string, train: string, rest = "") => {
  const file = join(directory, `${name}.yaml`);
  const text = `name: ${name}\ndata: { path: ${iris}, target: species }\nmodel: { hidden: [8] }\n`;
  writeFileSync(file, `${text}optimizer: { name: adam, lr: 0.05 }\ntrain: { ${train} }\n${rest}`);
  return file;
};
const blend = "blend: [{ model: {}, optimizer: { name: adam, lr: 0.1 }, train: { epochs: 3 } }]\n";
/** Epochs enough that a signal comes before they are over. */
const kinds = {
  folds: [spec("folds", "epochs: 60, folds: 5")],
  blend: [spec("blend", "epochs: 60, folds: 3, combine: average", blend)],
  seeds: [spec("seeds", "epochs: 200"), "--seeds", "3"],
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

const train = (kind: Kind, threads: number, out: string, ...more: string[]) =>
  run(["train", ...kinds[kind], "--threads", String(threads), "--out", out, "--json", ...more]);

/** Every file with its bytes, but for how long things took and how many threads there were. */
function contents(folder: string, of = folder): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .map((name) => join(folder, name))
      .flatMap((path): [string, string][] => {
        if (statSync(path).isDirectory()) return Object.entries(contents(path, of));
        const name = path.slice(of.length);
        if (/report\.html$|SUMS$/.test(name)) return [[name, "of times, too"]];
        if (name.endsWith(".ckpt")) return [[name, sha256(path)]];
        return [[name, timeless(readFileSync(path, "utf8"), of)]];
      }),
  );
}

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

const timeless = (text: string, folder: string) =>
  text
    .replace(/"(seconds|samples_per_second|threads)": ?[\d.e+-]+/g, '"$1":0')
    .replace(/\d+ threads?"/g, 'threads"')
    .replaceAll(folder, "");

describe.each(names)("%s", (kind) => {
  const alone = join(directory, `${kind}-alone`);
  const beside = join(directory, `${kind}-beside`);
  let ran: Ran[] = [];
  beforeAll(async () => {
    ran = [await train(kind, 1, alone), await train(kind, 3, beside)];
  });

  test("are the same files, and the same events in the same order", () => {
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect(contents(beside)).toEqual(contents(alone));
    expect(timeless(ran[1]!.out, beside)).toBe(timeless(ran[0]!.out, alone));
  });

  test("stopped by a signal all are saved, and go on to the same files", async () => {
    const out = join(directory, `${kind}-stopped`);
    let send = (_: StopSignal) => {};
    const argv = ["train", ...kinds[kind], "--threads", "3", "--out", out, "--json"];
    const stopped = await run(argv, {
      signals: (given) => {
        send = given;
      },
      told: (_, text) => {
        if (text.includes('"epoch":2')) send("SIGTERM");
      },
    });
    expect(stopped.code).toBe(143);
    expect((await train(kind, 3, out, "--resume")).code).toBe(0);
    const models = (folder: string) =>
      Object.entries(contents(folder)).filter(([name]) => /\.(ckpt|csv)$/.test(name));
    expect(models(out)).toEqual(models(alone));
  });
});

test("the first run that fails is the one that is told of", async () => {
  const file = spec("failing", "epochs: 40, folds: 4");
  const lr = ["--set", "optimizer.name=sgd", "--set", "optimizer.lr=1e30"];
  const fail = (threads: string) =>
    run(["train", file, ...lr, "--threads", threads, "--out", join(directory, `failing-${threads}`)]);
  const [alone, beside] = [await fail("1"), await fail("2")];
  expect([beside.code, beside.err.match(/^nnt: .*/m)]).toEqual([6, alone.err.match(/^nnt: .*/m)]);
});

test("data that is refused leaves no run behind", async () => {
  const file = spec("refused", "epochs: 2");
  const out = join(directory, "refused");
  const argv = ["train", file, "--seeds", "3", "--threads", "3", "--out", out, "--set", "data.target=nobody"];
  expect((await run(argv)).code).not.toBe(0);
  expect(() => statSync(out)).toThrow(/ENOENT/);
});
