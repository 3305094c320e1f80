/** Whether processes that are to share a run's work have come to it with the same: else their bits would mean nothing. */
import { createHash, type Hash } from "node:crypto";
import type { Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { Spec } from "../config/schema.ts";
import { type AnySplit, type Dataset, isStreamed, rowCount } from "../data/dataset/dataset.ts";
import type { Backend } from "../engine/backend.ts";
import type { Floats } from "../engine/matrix.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";

/** What must be the same everywhere, by what it is called where it is not. */
interface Had {
  readonly version: string;
  readonly spec: string;
  readonly data: string;
  readonly weights: string;
  readonly rounding: string;
}

const problems = {
  version: { message: "another version of nnt", hint: "the same on all machines" },
  spec: { message: "another spec", hint: "the same file and options on all machines" },
  data: { message: "other data", hint: "the same files on all machines, or one file system for all" },
  weights: { message: "other first weights", hint: "the same file for init.from on all machines" },
  rounding: {
    message: "kernels whose bits are their own",
    hint: "--kernels wasm, which round alike on every machine, or NNT_ISA with the same set for all",
  },
} satisfies Record<keyof Had, { message: string; hint: string }>;

export interface Brought {
  readonly version: string;
  readonly spec: Spec;
  readonly data: Dataset<AnySplit>;
  /** The first of them. */
  readonly weights: Floats;
  readonly backend: { readonly fused: boolean; readonly description: string };
}

/** Whether a spec's work can be shared. @throws UserError (exit code 2), in all processes */
export function checkSharing({ size }: Peers, { train, data }: Spec): void {
  if (size === 1) return;
  if (size > train.shards)
    throw new UserError(exitCodes.usage, {
      message: `${size} processes are to share the work, and train.shards is ${train.shards}`,
      expected: "a shard for each process, at least",
      hint: `--set train.shards=${size} parts each batch into ${size}; a run's bits follow from that number, not from the processes`,
    });
  if (data.format === "csv" && [data.path, data.train].some((files) => files?.includes("-")))
    throw new UserError(exitCodes.usage, {
      message: "the data comes from standard input, which one of several processes has alone",
      expected: "a file that all of them can read",
    });
}

/** Parts of gradients go from process to process where the host can see them. @throws UserError (exit code 2) */
export function checkAlone({ size }: Peers, { card }: Pick<Backend, "card">): void {
  if (size === 1 || !card) return;
  throw new UserError(exitCodes.usage, {
    message: `${size} processes are to share the work, and --kernels cuda computes in one alone`,
    expected: "--kernels native or wasm, or one process",
  });
}

/** @throws UserError (exit code 3), in all processes, that names those who have something else than the first */
export async function checkAgreement(peers: Peers, brought: Brought): Promise<void> {
  if (peers.size === 1) return;
  const found = await consult(peers, hadBy(brought), (all) => {
    const [first] = all as [Had];
    const differing: Problem[] = [];
    for (const [rank, had] of all.entries()) {
      const what = (Object.keys(problems) as (keyof Had)[]).find((what) => had[what] !== first[what]);
      if (what === undefined) continue;
      const { message, hint } = problems[what];
      differing.push({
        message: `process ${rank} on ${peers.hosts[rank]} has ${message} than process 0`,
        hint,
      });
    }
    return differing;
  });
  if (found.length > 0) throw new UserError(exitCodes.data, found);
}

function hadBy({ version, spec, data, weights, backend }: Brought): Had {
  return {
    version,
    spec: JSON.stringify({ ...spec, track: null }),
    data: digestOf(data),
    weights: addBytes(createHash("sha256"), weights).digest("hex"),
    rounding: backend.fused ? "fused" : backend.description,
  };
}

/** Of what was fitted and of all rows; of rows on disk, of their number. */
function digestOf({ preprocessing, splits }: Dataset<AnySplit>): string {
  const hash = createHash("sha256").update(JSON.stringify(preprocessing));
  const hashed = new Set<ArrayBufferView>();
  for (const split of Object.values(splits)) {
    if (split === null) continue;
    hash.update(`${rowCount(split)}`);
    if (isStreamed(split)) continue;
    for (const values of [split.table.values, split.targets, split.weights, split.indices]) {
      if (values === null || hashed.has(values)) continue;
      hashed.add(values);
      addBytes(hash, values);
    }
  }
  return hash.digest("hex");
}

function addBytes(hash: Hash, { buffer, byteOffset, byteLength }: ArrayBufferView): Hash {
  return hash.update(new Uint8Array(buffer, byteOffset, byteLength));
}
