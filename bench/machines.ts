/**
 * `npm run bench:machines`: two processes beside one, in one machine and as two "machines" with a TCP line between them: network
 * namespaces with an address each, a launch agent in place of ssh, and a process namespace of its own for the second, so that it
 * reaches no memory of the first. Open MPI, one thread a process; `-- --rounds 3 --updates 24 --hidden 2048`. Needs root, `ip` and
 * `tc`; takes MNIST from where `npm run bench` does. Prints medians of milliseconds an update, sides taking turns.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mnistFolder } from "./programs.ts";
import { median } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    updates: { type: "string", default: "24" },
    hidden: { type: "string", default: "2048" },
  },
});
const updates = Number(values.updates);
const folder = mkdtempSync(join(tmpdir(), "nnt-machines-"));
const spec = join(folder, "spec.yaml");
const agent = join(folder, "agent.sh");
const machines = { first: `nnt-a-${process.pid}`, second: `nnt-b-${process.pid}` };
const addresses = { first: "10.77.0.1", second: "10.77.0.2" };

const sh = (line: string) => execFileSync("sh", ["-c", line], { stdio: ["ignore", "pipe", "inherit"] });

/** What a run's files say of it. */
interface Told {
  readonly milliseconds: number;
  /** Of which the first process waited for others, and the megabytes that it sent. */
  readonly waiting: number;
  readonly megabytes: number;
  readonly sha256: string;
}

const nnt = [process.execPath, join(import.meta.dirname, "../bin/nnt.js")];
const mpirun = ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-n", "2"];
const tcp = `--mca btl tcp,self --mca btl_tcp_if_include ${addresses.first}/24 --mca oob_tcp_if_include ${addresses.first}/24`;
const apart = [
  ...["ip", "netns", "exec", machines.first, ...mpirun],
  ...["--host", `${addresses.first},${addresses.second}`, "--mca", "plm_rsh_agent", agent, ...tcp.split(" ")],
];

interface Side {
  readonly name: string;
  readonly start: readonly string[];
  readonly shards: number;
  readonly threads?: number;
  /** Megabits a second of the line. */
  readonly rate?: number;
}

const sides: readonly Side[] = [
  { name: "1 process, one shard", start: [], shards: 1 },
  { name: "1 process, two threads", start: [], shards: 1, threads: 2 },
  { name: "1 process, two shards", start: [], shards: 2 },
  { name: "2, shared memory", start: mpirun, shards: 2 },
  { name: "2, TCP", start: apart, shards: 2 },
  { name: "2, TCP at 10 Gbit/s", start: apart, shards: 2, rate: 10_000 },
  { name: "2, TCP at 1 Gbit/s", start: apart, shards: 2, rate: 1_000 },
];

function limit(rate: number | undefined): void {
  for (const [netns, device] of [
    [machines.first, "va"],
    [machines.second, "vb"],
  ]) {
    const tc = `ip netns exec ${netns} tc qdisc`;
    sh(`${tc} del dev ${device} root 2>/dev/null || true`);
    if (rate) sh(`${tc} add dev ${device} root tbf rate ${rate}mbit burst 1mb latency 50ms`);
  }
}

function measured({ start, shards, threads = 1, rate }: Side): Told {
  if (start === apart) limit(rate);
  const out = join(folder, "run");
  rmSync(out, { recursive: true, force: true });
  const argv = [
    ...start,
    ...nnt,
    ...["train", spec, "--out", out, "--quiet", "--threads", `${threads}`],
    ...["--set", `train.max_steps=${updates}`, "--set", `train.shards=${shards}`],
  ];
  const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: "utf8", timeout: 300_000 });
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${status}\n${stderr}`);
  const log = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
  const epoch = log.map((line) => JSON.parse(line)).find(({ event }) => event === "epoch");
  const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8"));
  const { bytes_sent = 0, seconds_waiting = 0 } = summary.processes ?? {};
  return {
    milliseconds: (1000 * epoch.seconds) / updates,
    waiting: (1000 * seconds_waiting) / updates,
    megabytes: bytes_sent / updates / 1e6,
    sha256: summary.weights_sha256,
  };
}

function connect(): void {
  const { first, second } = machines;
  sh(`ip netns add ${first}; ip netns add ${second}
ip -n ${first} link add va type veth peer name vb netns ${second}
ip -n ${first} addr add ${addresses.first}/24 dev va; ip -n ${second} addr add ${addresses.second}/24 dev vb
for it in "${first} va" "${second} vb"; do set -- $it; ip -n $1 link set lo up; ip -n $1 link set $2 up; done`);
  // mpirun gives the machine's name, then the command.
  writeFileSync(
    agent,
    `#!/bin/sh\nshift\nexec ip netns exec ${second} unshare --pid --fork --mount-proc --uts sh -c "hostname second; $*"\n`,
  );
  chmodSync(agent, 0o755);
}

try {
  const mnist = mnistFolder();
  if (!mnist) throw new Error("MNIST is not here: nnt data mnist");
  const file = (name: string) => JSON.stringify(join(mnist, `train-${name}-ubyte.gz`));
  writeFileSync(
    spec,
    `data: { format: idx, train: { images: ${file("images-idx3")}, labels: ${file("labels-idx1")} }, validation: null }
model: { hidden: [${values.hidden}, ${values.hidden}] }
optimizer: { name: sgd, lr: 0.05 }
train: { epochs: 1, batch_size: 512 }
`,
  );
  connect();
  const told = new Map<string, Told[]>();
  for (let round = 0; round < Number(values.rounds); round++)
    for (const side of sides) told.set(side.name, [...(told.get(side.name) ?? []), measured(side)]);
  console.log(
    "| processes | ms an update | of which waiting | MB sent | times as fast |\n|---|--:|--:|--:|--:|",
  );
  const of = (name: string, what: (one: Told) => number) => median(told.get(name)!.map(what));
  for (const { name, shards } of sides) {
    const milliseconds = of(name, (one) => one.milliseconds);
    const waiting = of(name, (one) => one.waiting).toFixed(1);
    const sent = of(name, (one) => one.megabytes).toFixed(1);
    const times = of(sides[0]!.name, (one) => one.milliseconds) / milliseconds;
    console.log(`| ${name} | ${milliseconds.toFixed(1)} | ${waiting} | ${sent} | ${times.toFixed(2)} |`);
    const sums = new Set(
      sides
        .filter((side) => side.shards === shards)
        .flatMap((side) => told.get(side.name)!.map((one) => one.sha256)),
    );
    if (sums.size > 1) throw new Error(`${shards} shards: ${sums.size} different results`);
  }
} finally {
  for (const name of Object.values(machines)) spawnSync("ip", ["netns", "del", name], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
}
