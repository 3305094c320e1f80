/** The well-known small tables: accuracy on a held-out fifth, averaged over five seeds of split and training. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, nnt } from "../cli/program.ts";

const configs = join(import.meta.dirname, "../../configs");
const cwd = folder();

/** Warnings about the data, such as a flower that was measured twice, are no failure. */
const problems = (err: string) => err.replaceAll(/^warning: .*\n/gm, "");
const seeds = [0, 1, 2, 3, 4];

test.each([
  ["iris", 0.95],
  ["breast-cancer", 0.96],
  ["wine", 0.96],
])(
  "%s: at least %d",
  async (name, least) => {
    let sum = 0;
    for (const seed of seeds) {
      const out = `${name}-${seed}`;
      const options = ["--quiet", "--seed", String(seed), "--set", "data.split={ test: 0.2 }", "--out", out];
      const { code, err } = await nnt(["train", join(configs, `${name}.yaml`), ...options], { cwd });
      expect([code, problems(err)]).toEqual([0, ""]);
      sum += JSON.parse(readFileSync(join(cwd, out, "summary.json"), "utf8")).metrics.test.accuracy;
    }
    expect(sum / seeds.length).toBeGreaterThanOrEqual(least);
  },
  60_000,
);
