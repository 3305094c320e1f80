/**
 * A card's driver, played by a library whose card is the emulated machine (kernels/cuda/fake_driver.c): a run through it has
 * a processor's bits, and whatever is the matter with a card is said in a sentence.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { emulationIsHere } from "../engine/emulation.ts";
import { bin, folder, put } from "./program.ts";

const library = join(import.meta.dirname, "../../build/fake-driver");
const csv = Array.from({ length: 40 }, (_, i) => `${i % 7},${(i * i) % 11},${(i * 5) % 3}`);
const spec =
  "data: { path: t.csv, target: y, split: { test: 0.2 } }\nmodel: { hidden: [17] }\ntrain: { epochs: 2, batch_size: 16 }\n";

/** Faults of the driver, and what is said of them. */
const matters = [
  ["no card", "there is an NVIDIA driver, but no graphics card that this process may use"],
  ["old card", "Fake Card is too old: its compute capability is 7.0, 8.0 or later is wanted"],
  ["busy", "the graphics card is busy: it is reserved by another process"],
  ["old driver", "the driver is too old for the card's program"],
  ["little memory", "not enough memory on the graphics card: "],
  ["other bits", "its check found that Fake Card computes "],
] as const;

describe.runIf(process.platform === "linux" && emulationIsHere())("a driver that is played", () => {
  let cwd = "";
  beforeAll(() => {
    cwd = folder();
    put(cwd, { "t.csv": `a,b,y\n${csv.join("\n")}\n`, "t.yaml": spec });
  });

  function nnt(argv: readonly string[], matter: string, cache: string) {
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: library,
      NNT_FAKE_DRIVER: matter,
      XDG_CACHE_HOME: join(cwd, cache),
    };
    return spawnSync(process.execPath, [bin, ...argv], { cwd, env, encoding: "utf8" });
  }
  function weights(out: string, kernels: string, cache: string): string {
    const { status, stderr } = nnt(["train", "t.yaml", "--out", out, "--kernels", kernels], "", cache);
    expect([status, stderr]).toEqual([0, expect.stringContaining(kernels)]);
    return JSON.parse(readFileSync(join(cwd, out, "summary.json"), "utf8")).weights_sha256;
  }

  test("a run has the weights of a processor's, and keeps the program that passed the check", () => {
    const expected = weights("host", "native", "cache");
    expect(weights("card", "cuda", "cache")).toBe(expected);
    const [kept] = readdirSync(join(cwd, "cache/nnt"));
    // Kept, it is not checked again: what would be found is not. Damaged, it is made and checked anew.
    expect(
      nnt(["train", "t.yaml", "--out", "again", "--kernels", "cuda"], "other bits", "cache").status,
    ).toBe(0);
    writeFileSync(join(cwd, "cache/nnt", kept!), "damaged");
    const { status, stderr } = nnt(["train", "t.yaml", "--kernels", "cuda"], "other bits", "cache");
    expect([status, stderr]).toEqual([5, expect.stringContaining("its check found")]);
  });

  test("a cache that is no folder costs time only", () => {
    put(cwd, { file: "" });
    expect(weights("uncached", "cuda", "file")).toBe(weights("host2", "native", "file"));
  });

  test.each(matters)("%s", (matter, said) => {
    const refused = nnt(["train", "t.yaml", "--out", `no ${matter}`, "--kernels", "cuda"], matter, matter);
    expect(refused.status).toBe(5);
    expect(refused.stderr).toMatch(/^nnt: /);
    expect(refused.stderr).toContain(said);
  });
});
