/**
 * Commands on models that a stranger made: a right model in its run's directory, parts of its metadata replaced, the digest
 * right again. Whatever a command makes of it, it says so in a sentence; "internal error" is a failure.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { run } from "../cli/host.ts";
import { type Chance, changedPart, pick, strange } from "./changed.ts";
import { mutate } from "./mutate.ts";

const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "nnt-commands-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const at = (...parts: string[]) => join(folder, ...parts);

const rows = Array.from({ length: 40 }, (_, i) => {
  const [a, b] = [(i * 37) % 101, (i * 53) % 89];
  const day = `2024-0${1 + (i % 9)}-1${i % 10}`;
  return `${day},${a},${b},${"pqr"[i % 3]},${i % 2},${(i >> 1) % 2},${"uvw"[(i * 7) % 3]},${a / 10},${b - a}`;
});
writeFileSync(at("t.csv"), `d,a,b,c,l1,l2,k,n1,n2\n${rows.join("\n")}\n`);

/** A model of each kind, by the options of `train` that make it. */
const kinds = {
  classes: ["data.target=k"],
  two: ["data.target=l1", "loss=bce_with_logits"],
  labels: ["data.target=[l1, l2]", "data.task=multilabel"],
  outputs: ["data.target=[k, c]"],
  numbers: ["data.target=[n1, n2]", "data.task=regression"],
  gaussian: ["data.target=n1", "data.task=regression", "loss=gaussian_nll"],
  members: ["data.target=k", "model.members=2", "calibration={ temperature: true }"],
  embedded: ["data.target=k", "data.columns.c={ type: category, encoding: embedding }"],
  blended: [
    "data.target=k",
    "data.split={ validation: 0, test: 0 }",
    "train.folds=2",
    "train.combine=average",
    "blend=[{ model: { layers: [linear] }, optimizer: adam }]",
  ],
  pieces: ["data.target=n1", "data.task=regression", "data.number_encoding=piecewise_linear"],
  texts: ["data.target=k", "data.columns.d={ type: text, width: 64 }"],
  quantiles: [
    "data.target=n1",
    "data.task=regression",
    "loss={ name: quantile, quantiles: [0.1, 0.5, 0.9] }",
  ],
  dated: ["data.target=k", "data.columns.d=date"],
  weighted: ["data.target=k", "loss={ name: cross_entropy, class_weights: balanced }"],
} as const;

interface Original {
  readonly name: string;
  readonly head: Record<string, unknown>;
  readonly data: Buffer;
}

const originals: Original[] = [];
for (const [name, options] of Object.entries(kinds)) {
  writeFileSync(
    at(`${name}.yaml`),
    "data: { path: t.csv, target: k }\nmodel: { hidden: [3] }\ntrain: { epochs: 2, batch_size: 8 }\n",
  );
  const set = options.flatMap((option) => ["--set", option]);
  const argv = ["train", at(`${name}.yaml`), "--out", at(name), "--quiet", "--kernels", "reference", ...set];
  const { code, err } = await run([...argv, "--debug"]);
  if (code !== 0) throw new Error(`${name}: ${err}`);
  const file = readFileSync(at(name, "best.ckpt"));
  const length = Number(file.readBigUInt64LE());
  originals.push({
    name,
    head: JSON.parse(file.toString("utf8", 8, 8 + length)),
    data: file.subarray(8 + length),
  });
}
cpSync(at("classes"), at("other"), { recursive: true });

/** A model file with changed metadata or tensors, sealed: what an attacker would send. The kind stands in front. */
export function hostileModel(chance: Chance): Buffer {
  const { name, head, data } = pick(originals, chance);
  const changed = structuredClone(head) as Record<string, Record<string, unknown>>;
  const metadata = changed.__metadata__ as Record<string, string>;
  for (let left = 1 + Math.floor(chance() * 3); left > 0; left--) {
    const key = pick(
      ["spec", "spec", "preprocessing", "preprocessing", "training", "buffers", "tensors"],
      chance,
    );
    if (key === "tensors") changeTensor(changed, chance);
    else if (chance() < 0.1) metadata[key] = mutate(Buffer.from(metadata[key]!), chance).toString();
    else metadata[key] = JSON.stringify(changedPart(parsed(metadata[key]!), chance));
  }
  return Buffer.concat([Buffer.from(name.padEnd(16)), sealed(changed, data)]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // changed before
  }
}

function changeTensor(head: Record<string, Record<string, unknown>>, chance: Chance): void {
  const tensor = head[pick(Object.keys(head).slice(1), chance)]!;
  const part = pick(["dtype", "shape", "data_offsets"], chance);
  tensor[part] = chance() < 0.5 ? pick(strange, chance) : changedPart(tensor[part], chance);
}

function sealed(head: Record<string, Record<string, unknown>>, data: Buffer): Buffer {
  const none = "0".repeat(64);
  head.__metadata__!.sha256 = none;
  const text = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const sum = createHash("sha256").update(data).update(size).update(text).digest("hex");
  text.write(sum, text.indexOf(none));
  return Buffer.concat([size, text, data]);
}

/** Command lines by what they do with the model of a run's directory. */
const commandLines: readonly ((directory: string, model: string) => readonly string[])[] = [
  (_, model) => ["eval", model, "--kernels", "reference", "--json"],
  (_, model) => ["eval", model, "--data", at("t.csv"), "--kernels", "reference"],
  (_, model) => ["predict", model, "--input", at("t.csv"), "--proba", "--kernels", "reference"],
  (_, model) => [
    "predict",
    model,
    "--input",
    at("t.csv"),
    "--to",
    "jsonl",
    "--kernels",
    "native",
    "--threads",
    "1",
  ],
  (_, model) => ["explain", model, "--repeats", "1", "--sample", "20", "--kernels", "reference"],
  (_, model) => ["explain", model, "--rows", "1", "--steps", "4"],
  (_, model) => ["inspect", model],
  (_, model) => ["inspect", model, "--json"],
  (_, model) => ["verify", model],
  (_, model) => ["export", model, "--output", at("out.onnx")],
  (_, model) => ["export", model, "--output", at("out.py")],
  (_, model) => ["export", model, "--output", at("out.html")],
  (directory) => ["verify", directory],
  (directory) => ["report", directory, "--kernels", "reference"],
  (directory) => ["compare", directory, at("other"), "--kernels", "reference"],
  () => ["runs", folder, "--json"],
  (directory) => ["resume", directory, "--epochs", "3", "--quiet", "--kernels", "reference"],
];

/** Puts the model into its run's directory and runs one command on it. Throws UserError where the command refuses. */
export async function runOnModel(bytes: Buffer, kernels = "reference"): Promise<void> {
  const name = bytes.toString("latin1", 0, 16).trim();
  const file = bytes.subarray(16);
  const directory = at("case");
  const number = createHash("sha256").update(bytes).digest().readUInt32LE();
  const line = commandLines[number % commandLines.length]!(directory, join(directory, "best.ckpt"));
  const argv = line.map((word) => (word === "reference" ? kernels : word));
  if (!existsSync(directory) || lastName !== name || argv[0] === "resume" || argv[0] === "report") {
    rmSync(directory, { recursive: true, force: true });
    cpSync(at(name), directory, { recursive: true });
    lastName = name;
  }
  for (const model of ["best.ckpt", "last.ckpt"]) writeFileSync(join(directory, model), file);
  const { code, err } = await run([...argv, "--debug"]);
  if (argv[0] === "resume" || argv[0] === "report") lastName = "";
  if (code === exitCodes.bug) throw new Error(`${argv.join(" ")}: ${err}`);
  if (code !== 0) throw new UserError(exitCodes.model, { message: err });
}

let lastName = "";
