/** Streams, signals and exit codes of the real program, as scripts and CI jobs meet them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { bin, folder, nnt, put, shell } from "./program.ts";

// Processes of their own on a machine that may be busy: as many at once as help, as long as they take.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000, maxConcurrency: 3 });

const cwd = folder();
const rows = Array.from({ length: 60 }, (_, row) => [
  row % 10,
  (row * 7) % 13,
  row % 10 > 4 !== (row % 17 === 0) ? "high" : "low",
]);
const manyRows = `a,b\n${Array.from({ length: 20_000 }, (_, row) => `${row % 10},1\n`).join("")}`;
const spec = "data: { path: table.csv, target: y }\ntrain: { epochs: 2 }\n";

beforeAll(async () => {
  put(cwd, {
    "table.csv": ["a,b,y", ...rows.map((row) => row.join(","))].join("\n"),
    "rows.csv": manyRows,
    "spec.yaml": spec,
    "long.yaml": spec.replace("epochs: 2", "epochs: 1000000"),
  });
  const { code, err } = await nnt(["train", "spec.yaml", "--out", "run"], { cwd });
  expect([code, err]).toEqual([0, expect.any(String)]);
});

describe.concurrent("stdout carries the result only:", () => {
  test("train prints its summary, and everything else on stderr, a line per epoch", async () => {
    const { code, out, err } = await nnt(["train", "spec.yaml", "--out", "summary"], { cwd });
    expect(code).toBe(0);
    expect(out).toContain("summary/best.ckpt");
    expect(out).toMatch(/weights +sha256 [0-9a-f]{64}/);
    expect(err.match(/^epoch /gm)).toHaveLength(2);
    expect(out + err).not.toContain("\u001b");
  });

  test("train --json prints the lines of metrics.jsonl, the last one `end`", async () => {
    const { code, out } = await nnt(["train", "spec.yaml", "--out", "json", "--json"], { cwd });
    expect(code).toBe(0);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(["start", "epoch", "epoch", "end"]);
    const logged = readFileSync(join(cwd, "json/metrics.jsonl"), "utf8").trimEnd().split("\n");
    expect(events).toEqual(logged.map((line) => JSON.parse(line)));
  });

  test("train --quiet prints nothing", async () => {
    const { code, out, err } = await nnt(["train", "spec.yaml", "--out", "quiet", "--quiet"], { cwd });
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: "" });
  });

  test("eval --json prints one object", async () => {
    const { code, out, err } = await nnt(["eval", "run/best.ckpt", "--json"], { cwd });
    expect([code, err]).toEqual([0, ""]);
    const result = JSON.parse(out);
    expect(result).toMatchObject({ model: "run/best.ckpt", split: "test", rows: 12 });
    expect(result.metrics).toMatchObject({ loss: expect.any(Number), accuracy: expect.any(Number) });
  });

  test("predict prints a prediction per row, in order", async () => {
    const { code, out, err } = await nnt(["predict", "run/best.ckpt"], { cwd, stdin: "b,a\n1,0\n1,9\n" });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^prediction\n(high|low)\n(high|low)\n$/);
  });
});

describe.concurrent("a reader that goes away ends it quietly with 0:", () => {
  test.each([
    "nnt predict run/best.ckpt < rows.csv | head -1",
    "yes 1,2 | sed '1i a,b' | nnt predict run/best.ckpt | head -2",
    "nnt --help | true",
    "nnt eval run/best.ckpt | true",
    "nnt train spec.yaml --out piped --json | head -1",
  ])("%s", async (line) => {
    const status = line.startsWith("yes") ? 2 : 0;
    const { out, err } = await shell(`${line}; echo "exit \${PIPESTATUS[${status}]}"`, cwd);
    expect(out).toContain("exit 0");
    expect(err.replace(/^(spec|epoch|note|warning).*\n/gm, "")).not.toMatch(/nnt:|EPIPE/);
  });
});

describe.concurrent("a full disk ends it with 5:", () => {
  test.each([
    "nnt --help > /dev/full",
    "nnt schema > /dev/full",
    "nnt predict run/best.ckpt < rows.csv > /dev/full",
    "nnt predict run/best.ckpt -i rows.csv -o /dev/full",
    "nnt eval run/best.ckpt > /dev/full",
    "nnt train spec.yaml --out full --json > /dev/full",
  ])("%s", async (line) => {
    const { code, err } = await shell(line, cwd);
    expect(err).toMatch(/^nnt: (stdout|\/dev\/full): cannot write: the disk is full$/m);
    expect(code).toBe(5);
  });

  test("a run whose events could not be printed is saved all the same", async () => {
    const { code } = await shell("nnt train spec.yaml --out saved --json > /dev/full", cwd);
    expect(code).toBe(5);
    expect((await nnt(["eval", "saved/best.ckpt"], { cwd })).code).toBe(0);
  });
});

test.runIf(process.platform === "linux")("a result for a closed stdout is lost with a word", async () => {
  expect(await shell("nnt schema >&-", cwd)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^warning: stdout is closed: the result is lost/),
  });
  expect(await shell("nnt schema > /dev/null", cwd)).toMatchObject({ code: 0, err: "" });
});

describe.concurrent("a gate", () => {
  test("that is met exits with 7, after the result", async () => {
    const { code, out, err } = await nnt(["eval", "run/best.ckpt", "--fail-if", "accuracy<=1"], { cwd });
    expect(code).toBe(7);
    expect(out).toContain("accuracy");
    expect(err).toMatch(/^nnt: run\/best\.ckpt: accuracy is .*'accuracy<=1'/);
  });

  test("that is not met exits with 0", async () => {
    const { code } = await nnt(["eval", "run/best.ckpt", "--fail-if", "accuracy<0"], { cwd });
    expect(code).toBe(0);
  });
});

describe.concurrent("predict --output", () => {
  test("writes the file whole", async () => {
    const argv = ["predict", "run/best.ckpt", "--input", "rows.csv", "--output", "whole.csv", "--proba"];
    expect(await nnt(argv, { cwd })).toEqual({ code: 0, out: "", err: "" });
    const lines = readFileSync(join(cwd, "whole.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("prediction,probability_high,probability_low");
    expect(lines).toHaveLength(20_001);
  });

  test("leaves what was there when a row is bad", async () => {
    put(cwd, { "kept.csv": "before", "bad.csv": `${manyRows}x,y\n` });
    const { code, err } = await nnt(["predict", "run/best.ckpt", "-i", "bad.csv", "-o", "kept.csv"], { cwd });
    expect(code).toBe(3);
    expect(err).toMatch(/^nnt: bad\.csv:20002/);
    expect(readFileSync(join(cwd, "kept.csv"), "utf8")).toBe("before");
  });
});

describe.concurrent("signals:", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s stops a training, which saves and exits with %d, and can be resumed",
    async (signal, code) => {
      const child = spawn(process.execPath, [bin, "train", "long.yaml", "--out", signal, "--json"], { cwd });
      let out = "";
      for await (const chunk of child.stdout) {
        out += chunk;
        if (out.includes('"event":"epoch"')) break;
      }
      child.stdout.resume();
      child.kill(signal);
      expect(await once(child, "close")).toEqual([code, null]);
      expect(existsSync(join(cwd, signal, "last.ckpt"))).toBe(true);
      const again = ["train", "long.yaml", "--out", signal, "--resume", "--epochs", "1", "--quiet"];
      expect(await nnt(again, { cwd })).toMatchObject({ err: "" });
    },
  );

  test("SIGINT ends a prediction that waits for rows, and leaves no file", async () => {
    const target = join(cwd, "target");
    mkdirSync(target);
    const changes = watch(target)[Symbol.asyncIterator]();
    const argv = [bin, "predict", "run/best.ckpt", "--output", "target/never.csv"];
    const child = spawn(process.execPath, argv, { cwd, stdio: ["pipe", "inherit", "inherit"] });
    await changes.next(); // the temporary file has been made
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    expect(readdirSync(target)).toEqual([]);
  });
});

test("the first answer leaves before the second row arrives", async () => {
  const child = spawn(process.execPath, [bin, "predict", "run/best.ckpt"], {
    cwd,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write("a,b\n1,2\n");
  let out = "";
  for await (const chunk of child.stdout) {
    out += chunk;
    if (/^prediction\n(high|low)\n/.test(out)) break;
  }
  child.stdout.resume();
  child.stdin.end("9,2\n");
  expect(await once(child, "close")).toEqual([0, null]);
});

test("it starts through a symbolic link, from any folder", async () => {
  symlinkSync(bin, join(cwd, "nnt-link"));
  const { code, out } = await shell("cd / && $OLDPWD/nnt-link --version", cwd);
  expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});
