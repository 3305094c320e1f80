/** What nnt's code can reach beyond files: which modules connect, listen, start programs or run text, and no others. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Each power, how it shows in the code, and who has it. */
const powers = {
  "opens connections": {
    sign: /\bfetch\(|from "(?:node:)?(?:https|http2|tls|dgram|dns)"|\b(?:http|net)\.(?:get|request|connect)\(/,
    who: ["data/fetch/download.ts", "track/mlflowServer.ts"],
  },
  "has sockets": { sign: /from "(?:node:)?(?:http|net)"/, who: ["cli/serve/listener.ts"] },
  "starts programs": {
    sign: /from "(?:node:)?(?:child_process|cluster)"/,
    who: ["cli/bitTrials.ts", "cli/sweep/trainers.ts"],
  },
  "runs text as code": { sign: /\beval\(|\bnew Function\(|from "(?:node:)?vm"/, who: [] },
} as const satisfies Record<string, { sign: RegExp; who: readonly string[] }>;

test.each(Object.entries(powers))("what %s is known by name", (_, { sign, who }) => {
  expect(files.length).toBeGreaterThan(100);
  const found = files.filter((file) => sign.test(readFileSync(join(root, file), "utf8")));
  expect(found.sort()).toEqual(who);
});

test("who listens is heard on this machine only, unless an address is asked for", () => {
  expect(readFileSync(join(root, "cli/serve/listener.ts"), "utf8")).toContain('loopback = "127.0.0.1"');
  const starters = ["cli/serve/followRun.ts", "cli/serve/modelServer.ts"];
  const listens = files.filter((file) => /\bawait listen\(/.test(readFileSync(join(root, file), "utf8")));
  expect(listens.sort()).toEqual(starters);
  for (const file of starters) expect(readFileSync(join(root, file), "utf8")).toMatch(/\bloopback\b/);
});
