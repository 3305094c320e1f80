/** Small runs in memory: real data, real specs, reference kernels, and a stop after whatever update a test asks for. */
import { decodeCheckpoint, encodeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { alone, type Peers } from "../../src/cluster/peers.ts";
import { parseSpec } from "../../src/config/load.ts";
import { type Assembly, assemble } from "../../src/run/assembly.ts";
import { endEpoch } from "../../src/run/endEpoch.ts";
import { resume } from "../../src/run/resume.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import type { EpochEvent, TrainEvent } from "../../src/train/events.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";

/** 150 flowers; paths in specs start at the repository's root. */
export const irisData = "data: { path: data/iris.csv, target: species }\n";

export const nobody = (): void => {};

/** A run's parts for a spec's text, its options overridden by `--set` assignments. */
export async function workOf(
  text: string,
  set: readonly string[] = [],
  listen: (event: TrainEvent) => void = nobody,
  peers: Peers = alone,
): Promise<Assembly> {
  const spec = parseSpec(text, "spec.yaml", { set });
  const work = await assemble({ spec, kernels: "reference", threads: 1, version: "0", peers }, listen);
  work.pace.perLook = 0; // one update between two looks: stops are exact
  return work;
}

/** What must not depend on a stop: the whole model file, byte by byte, and the events but for their times. */
export interface Outcome {
  readonly file: Buffer;
  readonly events: readonly Omit<EpochEvent, "seconds" | "samples_per_second">[];
  readonly steps: number;
}

/** Trains to the end; after each of the updates in `stops` goes on in a new process's stead, from the model file. */
export async function outcome(
  text: string,
  set: readonly string[] = [],
  stops: readonly number[] = [],
): Promise<Outcome> {
  let work = await workOf(text, set);
  const events: Outcome["events"][number][] = [];
  const open = new Set(stops);
  const stopNow = () => (open.delete(work.trainer.state.step) ? ("SIGINT" as const) : null);
  while (!work.trainer.finished) {
    const reason = await trainEpoch(work, stopNow, nobody);
    if (reason === null) {
      const { seconds, samples_per_second, ...event } = (await endEpoch(work)).event;
      events.push(event);
      if (!stopNow()) continue;
    }
    const checkpoint = decodeCheckpoint(memorySource("last.ckpt", await fileOf(work)));
    work = await workOf(text, set);
    resume(work, { checkpoint, file: "last", events: [], hasBest: true }, nobody);
  }
  return { file: await fileOf(work), events, steps: work.trainer.state.step };
}

export async function fileOf(work: Assembly): Promise<Buffer> {
  return Buffer.concat(encodeCheckpoint(await work.checkpoint()).chunks);
}
