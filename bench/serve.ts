/**
 * `npm run bench:serve`: one-row requests a second, `nnt serve` beside FastAPI with PyTorch where these are installed
 * (Debian: python3-torch python3-fastapi python3-uvicorn; PYTHON names the interpreter). autocannon asks; it shares the machine with what it measures.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const nnt = at("../bin/nnt.js");
const rounds = 3;
const row = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };

const cwd = mkdtempSync(join(tmpdir(), "nnt-serve-"));
const must = (command: string, argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")}\n${stderr}`);
  return stdout;
};
must(process.execPath, [nnt, "train", at("../configs/iris.yaml"), "--out", "iris", "--quiet"]);
must(process.execPath, [nnt, "export", "iris/best.ckpt", "--output", "iris.py"]);

const sides = [
  {
    name: "nnt serve",
    port: 8131,
    argv: [process.execPath, nnt, "serve", "iris/best.ckpt", "--port", "8131"],
  },
  {
    name: "FastAPI + torch",
    port: 8132,
    argv: [process.env.PYTHON ?? "python3", at("fastapi_model.py"), "8132"],
  },
];

function ask(port: number, seconds: number): { rate: number; p99: number; worst: number; wrong: number } {
  const out = must("npx", [
    "--yes",
    "autocannon@8",
    ...["--json", "-c", "50", "-d", String(seconds), "-m", "POST", "-H", "content-type=application/json"],
    ...["-b", JSON.stringify(row), `http://127.0.0.1:${port}/predict`],
  ]);
  const { requests, latency, non2xx, errors } = JSON.parse(out);
  return { rate: requests.average, p99: latency.p99, worst: latency.max, wrong: non2xx + errors };
}

async function started(argv: readonly string[], port: number): Promise<ChildProcess | null> {
  const child = spawn(argv[0]!, argv.slice(1), { cwd, stdio: "ignore" });
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    if (answer) return child;
  }
  return null;
}

for (const { name, port, argv } of sides) {
  const server = await started(argv, port);
  if (server === null) {
    console.log(`${name}: not installed`);
    continue;
  }
  ask(port, 2);
  const seen = Array.from({ length: rounds }, () => ask(port, 5)).sort((a, b) => a.rate - b.rate);
  const { rate, p99, worst, wrong } = seen[Math.floor(rounds / 2)]!;
  const rates = seen.map((one) => Math.round(one.rate)).join(", ");
  console.log(
    `${name}: ${Math.round(rate)} requests/s (${rates}), p99 ${p99} ms, worst ${worst} ms, ${wrong} not answered`,
  );
  server.kill();
  await new Promise((resolve) => server.on("exit", resolve));
}
console.log(
  `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`,
);
rmSync(cwd, { recursive: true });
