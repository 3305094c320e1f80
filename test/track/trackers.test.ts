/** Trackers, read back by others' means: protobufjs with the published messages, and MLflow's documented layout. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { folder, nnt, put } from "../cli/program.ts";

const root = folder();
const rows = Array.from({ length: 40 }, (_, row) => `${(row * 7) % 37},${row % 3 ? "odd" : "even"}`);
put(root, {
  "table.csv": `a,y\n${rows.join("\n")}\n`,
  "spec.yaml": `
name: tracked
data: { path: table.csv, target: y, split: { validation: 0.25, test: 0.25 } }
train: { epochs: 6 }
track: [tensorboard, mlflow]
`,
});

const train = async (out: string, ...more: string[]) => {
  const { code, err } = await nnt(["train", "spec.yaml", "--out", out, "--quiet", ...more], { cwd: root });
  expect([code, err]).toEqual([0, ""]);
};

/** From tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto. */
const { root: messages } = protobuf.parse(
  `
  syntax = "proto3";
  message Summary { message Value { string tag = 1; float simple_value = 2; } repeated Value value = 1; }
  message Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; } }
`,
  { keepCase: true },
);
const Event = messages.lookupType("Event");

interface ReadEvent {
  readonly wall_time: number;
  readonly step?: number;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly [{ readonly tag: string; readonly simple_value: number }] };
}

function eventsOf(run: string): ReadEvent[] {
  const directory = join(root, run, "tensorboard");
  const files = readdirSync(directory);
  expect(files).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
  const bytes = readFileSync(join(directory, files[0]!));
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + size);
    expect(bytes.readUInt32LE(at + 8)).toBe(checksum(bytes.subarray(at, at + 8)));
    expect(bytes.readUInt32LE(at + 12 + size)).toBe(checksum(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number }) as ReadEvent);
    at += 12 + size + 4;
  }
  return events;
}

/** CRC-32C bit by bit, masked as TensorFlow does. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

test("the reader's checksum is CRC-32C", () => {
  const rotated = (0xe3069283 >>> 15) | (0xe3069283 << 17); // of "123456789", as RFC 3720's examples are made
  expect(checksum(Buffer.from("123456789"))).toBe((rotated + 0xa282ead8) >>> 0);
});

const scalarsOf = (run: string) =>
  eventsOf(run).flatMap(({ step = 0, summary }) =>
    (summary?.value ?? []).map(({ tag, simple_value }) => [tag, step, simple_value] as const),
  );

/** The one run of a store of one experiment, as MLflow finds it. */
function mlflowRun(store: string, run: string) {
  const experiments = readdirSync(join(root, store)).filter((name) => name !== ".trash");
  expect(experiments).toEqual([expect.stringMatching(/^\d{18}$/)]);
  const experiment = join(root, store, experiments[0]!);
  const directories = readdirSync(experiment).filter((name) => name !== "meta.yaml");
  const found = directories.find((id) => read(experiment, id, "tags/nnt.directory") === join(root, run))!;
  expect(found).toMatch(/^[0-9a-f]{32}$/);
  const names = readdirSync(join(experiment, found, "metrics"));
  const metrics = names.map(
    (name) =>
      [
        name,
        read(experiment, found, "metrics", name)
          .trimEnd()
          .split("\n")
          .map((line) => line.split(" ")),
      ] as const,
  );
  return {
    experiment: parse(read(experiment, "meta.yaml")),
    meta: parse(read(experiment, found, "meta.yaml")),
    metrics: Object.fromEntries(metrics),
    param: (name: string) => read(experiment, found, "params", name),
  };
}

const read = (...path: string[]) => readFileSync(join(...path), "utf8");

const epochs = (run: string) =>
  read(root, run, "metrics.jsonl")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "epoch");

test("MLflow is told that a run diverged, or was stopped", { timeout: 60_000 }, async () => {
  const ended = async (out: string, ...more: string[]) => {
    const argv = ["train", "spec.yaml", "--out", out, "--quiet", "--set", "train.epochs=100000", ...more];
    const killing = setInterval(() => {
      if (more.length > 0 || !existsSync(join(root, out, "last.ckpt"))) return;
      const lock = readdirSync(join(root, out)).find((name) => name.startsWith(".nnt-lock-"))!;
      process.kill(Number(/\d+/.exec(lock)![0]), "SIGTERM");
      clearInterval(killing); // a second signal would end it at once
    }, 20);
    const { code } = await nnt(argv, { cwd: root });
    clearInterval(killing);
    return [code, mlflowRun("ended/mlruns", out).meta.status];
  };
  const wild = ["--set", "optimizer={name: sgd, lr: 1e30}", "--set", "model.hidden=[8]"];
  expect(await ended("ended/diverged", ...wild)).toEqual([6, 4]);
  expect(await ended("ended/stopped")).toEqual([143, 5]);
});

test("a run's figures are in both, at their epochs", { timeout: 60_000 }, async () => {
  await train("runs/a");
  expect(eventsOf("runs/a")[0]).toMatchObject({ file_version: "brain.Event:2" });
  const logged = epochs("runs/a");
  expect(logged).toHaveLength(6);
  const told = (tag: string) => scalarsOf("runs/a").filter(([name]) => name === tag);
  for (const [tag, of] of [
    ["loss/train", ({ train }) => train.loss],
    ["loss/validation", ({ validation }) => validation.loss],
    ["accuracy/validation", ({ validation }) => validation.accuracy],
    ["lr", ({ lr }) => lr],
  ] as [string, (event: (typeof logged)[number]) => number][])
    expect(told(tag)).toEqual(logged.map((event) => [tag, event.epoch, Math.fround(of(event))]));
  const { metrics } = JSON.parse(read(root, "runs/a/summary.json"));
  expect(told("accuracy/best_test").map(([, , value]) => value)).toEqual([
    Math.fround(metrics.test.accuracy),
  ]);

  const run = mlflowRun("runs/mlruns", "runs/a");
  expect(run.experiment).toMatchObject({ name: "tracked", lifecycle_stage: "active" });
  expect(run.meta).toMatchObject({
    run_name: "tracked",
    status: 3,
    lifecycle_stage: "active",
    source_type: 4,
  });
  expect(run.meta.experiment_id).toBe(run.experiment.experiment_id);
  expect(run.meta.end_time).toBeGreaterThanOrEqual(run.meta.start_time);
  const losses = run.metrics["validation.loss"]!.map(([, value, step]) => [Number(value), Number(step)]);
  expect(losses).toEqual(logged.map(({ validation, epoch }) => [validation.loss, epoch]));
  expect(Number(run.metrics["best.test.accuracy"]![0]![1])).toBe(metrics.test.accuracy);
  expect([run.param("optimizer.lr"), run.param("optimizer.name")]).toEqual(["0.001", "adam"]);
});

test("a run that goes on doubles nothing, nor does one that begins anew", { timeout: 60_000 }, async () => {
  await train("runs/b", "--pause-at", "3");
  const first = eventsOf("runs/b");
  await train("runs/b", "--resume");
  const scalars = scalarsOf("runs/b");
  expect(scalars).toHaveLength(new Set(scalars.map(([tag, step]) => `${tag} ${step}`)).size);
  expect(scalars.filter(([tag]) => tag === "loss/train").map(([, step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  const begun = first.filter(({ summary }) => !summary?.value[0].tag.includes("best_"));
  expect(eventsOf("runs/b").slice(0, begun.length)).toEqual(begun); // times are those of the first part
  const steps = () => mlflowRun("runs/mlruns", "runs/b").metrics["train.loss"]!.map(([, , step]) => step);
  expect(steps()).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(mlflowRun("runs/mlruns", "runs/b").metrics["best.test.loss"]).toHaveLength(1);
  await train("runs/b", "--overwrite", "--epochs", "2");
  expect(steps()).toEqual(["1", "2"]);
  expect(scalarsOf("runs/b").filter(([tag]) => tag === "lr")).toHaveLength(2);
});

test("a run that asks for neither leaves neither, and a folder of the spec is relative to it", {
  timeout: 60_000,
}, async () => {
  await train("elsewhere/c", "--set", "track={ mlflow: { directory: store, experiment: other } }");
  expect(mlflowRun("store", "elsewhere/c").experiment.name).toBe("other");
  expect(
    existsSync(join(root, "elsewhere/mlruns")) || existsSync(join(root, "elsewhere/c/tensorboard")),
  ).toBe(false);
});
