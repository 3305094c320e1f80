/** `resume`, `verify` and `self-test`, as a user types them. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { run } from "./host.ts";
import { folder, nnt, put } from "./program.ts";

vi.setConfig({ testTimeout: 120_000 }); // whole programs, also on a busy machine

const directory = folder();
const rows = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}`);
put(directory, {
  "table.csv": `x,y\n${rows.join("\n")}\n`,
  "spec.yaml": "data: { path: table.csv, target: y }\ntrain: { epochs: 2 }\n",
});
const at = (name: string) => join(directory, name);

test("resume goes on by the directory's own spec, and verify finds its files whole", async () => {
  await run(["train", at("spec.yaml"), "--out", at("a"), "--quiet"]);
  expect((await run(["resume", at("a"), "--epochs", "3", "--quiet"])).code).toBe(0);
  expect(JSON.parse(readFileSync(at("a/summary.json"), "utf8")).epochs).toBe(3);
  const { code, out } = await run(["verify", at("a"), "--json"]);
  expect(code).toBe(0);
  const { ok, files } = JSON.parse(out);
  expect(ok).toBe(true);
  expect(files).toHaveLength(7);
});

test("verify notices any bit that is flipped in what a finished run has written", async () => {
  await run(["train", at("spec.yaml"), "--out", at("c"), "--quiet"]);
  const names = ["metrics.jsonl", "summary.json", "spec.yaml", "report.html", "SHA256SUMS"];
  for (const name of names) {
    const whole = readFileSync(at(`c/${name}`));
    for (const part of [0, 0.1, 0.37, 0.5, 0.99]) {
      const harmed = Buffer.from(whole);
      harmed[Math.floor(part * whole.length)]! ^= 1;
      writeFileSync(at(`c/${name}`), harmed);
      expect((await run(["verify", at("c")])).code, `${name} at ${part}`).toBe(4);
    }
    writeFileSync(at(`c/${name}`), whole);
  }
  rmSync(at("c/report.html"));
  expect((await run(["verify", at("c")])).err).toContain("SHA256SUMS has its sum");
  expect((await run(["report", at("c")])).code).toBe(0);
  expect((await run(["verify", at("c")])).code).toBe(0);
});

test("verify says which file is wrong, and exits with 4", async () => {
  await run(["train", at("spec.yaml"), "--out", at("b"), "--quiet"]);
  const model = readFileSync(at("b/last.ckpt"));
  model[model.length - 5]! ^= 1;
  writeFileSync(at("b/last.ckpt"), model);
  writeFileSync(at("b/metrics.jsonl"), `${readFileSync(at("b/metrics.jsonl"), "utf8").slice(0, -9)}`);
  const { code, out, err } = await run(["verify", at("b")]);
  expect(code).toBe(4);
  expect(out).toMatch(/last\.ckpt +WRONG/);
  expect(err).toContain("content does not match its sha256");
  expect(err).toContain("the line is incomplete");
  rmSync(at("b/last.ckpt"));
  expect((await run(["verify", at("b")])).err).toContain("last.ckpt: the file is missing");
});

test.each([
  ["verify", "nowhere"],
  ["resume", "nowhere"],
  ["verify", "."],
])("%s %s is told as what it is, with exit code 5", async (command, path) => {
  expect((await run([command, join(directory, path)])).code).toBe(5);
});

test("self-test kills, resumes and finds the same bits", { timeout: 120_000 }, async () => {
  const { code, out } = await nnt(["self-test", "spec.yaml", "--steps", "4"], { cwd: directory });
  expect(out).toContain("all runs end with the same bits");
  expect(code).toBe(0);
});
