/** Bytes that can be read at any position: of a file, without loading it, or of memory. Knows no format. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { exitCodes, UserError } from "./errors.ts";
import { ioProblem } from "./files.ts";

export interface ByteSource {
  /** What to call it in messages. */
  readonly name: string;
  readonly size: number;
  /** Fills `target` from `position` on. Throws UserError(io) where that fails or the file has shrunk. */
  read(target: Uint8Array, position: number): void;
}

/** Opens a regular file for the time of `use`. Throws UserError(io). */
export function withFile<T>(path: string, use: (source: ByteSource) => T): T {
  // Not blocking: opening a pipe that nobody writes to would never return.
  const file = attempt(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = attempt(path, () => fstatSync(file));
    if (!stats.isFile())
      throw new UserError(exitCodes.io, { file: path, ...notRegular(stats.isDirectory()) });
    return use({
      name: path,
      size: stats.size,
      read: (target, position) => attempt(path, () => fill(path, file, target, position)),
    });
  } finally {
    attempt(path, () => closeSync(file));
  }
}

/** Bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (target, position) => target.set(bytes.subarray(position, position + target.length)),
  };
}

/** Reads of more than 2 GiB are refused by Node and cut by Linux. */
const readLimit = 2 ** 30;

function fill(path: string, file: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(target.length - done, readLimit);
    const count = readSync(file, target, done, length, position + done);
    if (count === 0)
      throw new UserError(exitCodes.io, { file: path, message: "the file got shorter while it was read" });
    done += count;
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioProblem(error, path, "read");
  }
}

function notRegular(isDirectory: boolean): { message: string; expected: string } {
  const what = isDirectory ? "a directory" : "a device or pipe";
  return { message: `cannot read: it is ${what}`, expected: "a file" };
}
