/** Reads wrong files by the thousand: each is read or refused with a sentence, soon, and in little memory. */

import { UserError } from "../../src/support/errors.ts";
import { uniform } from "../chance.ts";
import type { Format } from "./formats.ts";

export interface Findings {
  readonly inputs: number;
  readonly refused: number;
  /** The longest that one input took of the processor. */
  readonly milliseconds: number;
  /** Where something else than a UserError was thrown, or time or memory was used up: seed and input say how. */
  readonly failures: readonly string[];
}

/** No input of a few kilobytes may take the processor longer, or hold more memory afterwards. */
const bounds = { milliseconds: 1000, bytes: 64 * 2 ** 20 };

/** The inputs are made from the seed alone: input i of a seed is always the same. */
export async function fuzz({ make, read }: Format, inputs: number, seed: number): Promise<Findings> {
  const failures: string[] = [];
  const note = (index: number, what: unknown) => {
    failures.push(`seed ${seed} input ${index}: ${what instanceof Error ? what.stack : what}`);
  };
  let current = 0;
  const onRejection = (reason: unknown) => note(current, `unhandled rejection: ${reason}`);
  process.on("unhandledRejection", onRejection);
  let refused = 0;
  let milliseconds = 0;
  let memory = process.memoryUsage();
  for (let index = 0; index < inputs; index++) {
    current = index;
    const bytes = make(uniform(seed * 1_000_003 + index));
    const once = async () => {
      const started = process.cpuUsage(); // of all threads; others use the machine too
      await Promise.resolve(bytes)
        .then(read)
        .catch((error: unknown) => {
          if (error instanceof UserError) refused++;
          else note(index, error);
        });
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1000;
    };
    let spent = await once();
    if (spent > bounds.milliseconds) spent = Math.min(await once(), await once()); // a collection of garbage
    if (spent > bounds.milliseconds) note(index, `${spent} ms`);
    milliseconds = Math.max(milliseconds, spent);
    if (index % 1000 !== 999) continue;
    await new Promise((resolve) => setImmediate(resolve));
    const now = process.memoryUsage();
    if (now.heapUsed + now.arrayBuffers > memory.heapUsed + memory.arrayBuffers + 8 * bounds.bytes)
      note(index, `memory grew to ${now.heapUsed + now.arrayBuffers} bytes`);
    memory = now;
  }
  process.off("unhandledRejection", onRejection);
  return { inputs, refused, milliseconds, failures };
}
