/** What the tests of this folder share: scratch directories, safetensors files made by hand, a small model. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Checkpoint } from "../../src/checkpoint/checkpoint.ts";
import { type ExitCode, UserError } from "../../src/support/errors.ts";

/** An empty directory for one test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "nnt-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A safetensors file of any header text, right or wrong. */
export function safetensors(header: string | object, data: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** A model of two layers after three updates. */
export function smallModel(overrides: Partial<Checkpoint> = {}): Checkpoint {
  const parameters = [
    { name: "layers.0.weight", shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, -0, 1e-42) },
    { name: "layers.0.bias", shape: [2], values: Float32Array.of(0.1, -3.4e38) },
  ];
  return {
    nnt: "0.1.0",
    spec: { name: "small" },
    preprocessing: { classes: ["ä", "__proto__"] },
    training: { epoch: 1, step: 3 },
    parameters,
    buffers: [{ name: "layers.1.running_mean", shape: [2], values: Float32Array.of(5, 6) }],
    optimizer: parameters.map((tensor) => ({ ...tensor, name: `optimizer.exp_avg.${tensor.name}` })),
    ...overrides,
  };
}

/** The user error that an action ends in; anything else it throws is a failure. */
export function userError(action: () => unknown): UserError | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** As `userError`, where there has to be one of that exit code; its message. */
export function refusal(exitCode: ExitCode, action: () => unknown): string {
  const error = userError(action);
  if (error?.exitCode !== exitCode) throw new Error(`exit code ${error?.exitCode}, not ${exitCode}`);
  return error.message;
}
