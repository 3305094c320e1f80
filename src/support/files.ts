/** Reading and writing whole files so that a fault names path and cause, and no file is ever half written. */

import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writevSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { exitCodes, UserError } from "./errors.ts";
import { formatIdentity, liveness, parseIdentity, thisProcess } from "./processes.ts";

/** The bytes of a file. Throws UserError(io). */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw ioProblem(error, path, "read");
  }
}

/** The text of a UTF-8 file, without a byte order mark. Throws UserError(io). */
export function readText(path: string): string {
  const text = readBytes(path).toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/**
 * Replaces the file by the chunks, one after the other: every reader sees the old file or the new one,
 * also after a crash or a power cut. On a fault the old file stays and the temporary one is removed.
 * Several paths (of one directory) get the same content, in order: each has its name on disk before the next.
 * A device or pipe is written as it is; a symbolic link to a file is replaced, not followed.
 * Throws UserError(io).
 */
export function atomicWrite(
  paths: string | readonly string[],
  chunks: readonly (Uint8Array | string)[],
): void {
  replace(paths, chunks, "written");
}

/** As `atomicWrite`; `devices` says what becomes of a device or a pipe of that name. */
export function replace(
  paths: string | readonly string[],
  chunks: readonly (Uint8Array | string)[],
  devices: "written" | "replaced",
): void {
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  const pending: { temporary: string; path: string }[] = [];
  let doing = "";
  try {
    for (const path of [paths].flat()) {
      doing = path;
      const old = devices === "written" ? existing(path) : entryAt(path);
      if (old?.isDirectory()) throw systemError("EISDIR");
      if (old && !old.isFile() && devices === "written") writeThrough(path, bytes);
      else pending.push({ temporary: writeTemporary(path, old, pending[0]?.temporary, bytes), path });
    }
    for (let next = pending[0]; next; next = pending[0]) {
      doing = next.path;
      renameSync(next.temporary, next.path);
      pending.shift();
      syncDirectory(dirname(doing));
    }
  } catch (error) {
    for (const { temporary } of pending) discard(temporary);
    throw ioProblem(error, doing, "write");
  }
}

/** Writes all of the bytes at the file's position, however little the system takes at a time. */
export function writeAll(file: number, chunks: readonly Uint8Array[]): void {
  const parts = chunks.flatMap(pieces);
  for (let first = 0; first < parts.length; ) {
    let written = writevSync(file, first === 0 ? parts : parts.slice(first, first + 1024));
    if (written === 0) throw systemError("EIO");
    while (first < parts.length && written >= parts[first]!.length) written -= parts[first++]!.length;
    if (written > 0) parts[first] = parts[first]!.subarray(written);
  }
}

/** Makes a folder and those above it, where they are not there, to stay after a power cut. Throws UserError(io). */
export function makeFolder(path: string): void {
  try {
    const first = mkdirSync(path, { recursive: true });
    if (first === undefined) return;
    for (let made = resolve(path); made.length >= resolve(first).length; made = dirname(made))
      syncDirectory(dirname(made));
  } catch (error) {
    throw ioProblem(error, path, "make the directory");
  }
}

/** Removes a file that may be there. Throws UserError(io) when it is there and stays. */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw ioProblem(error, path, "remove");
  }
}

/** Makes renames and removals in a directory survive a power cut, where the file system can. */
export function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const file = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP"].includes(errorCode(error) ?? "")) throw error;
  } finally {
    closeSync(file);
  }
}

/** A free name beside `path` for what will replace it; sweeps what ended processes left there. */
export function temporaryPath(path: string): string {
  const directory = dirname(path);
  if (!swept.has(directory)) {
    removeStrays(directory);
    swept.add(directory);
  }
  return join(directory, `.nnt-tmp-${formatIdentity(thisProcess())}-${temporariesMade++}`);
}

/** Removes the temporary files that ended processes left in a directory; of those that cannot be seen from here, old ones. */
export function removeStrays(directory: string): void {
  for (const name of readdirSync(directory)) {
    const owner = temporaryName.exec(name)?.[1];
    const identity = owner === undefined ? null : parseIdentity(owner);
    if (!identity) continue;
    const path = join(directory, name);
    const state = liveness(identity);
    if (state === "dead" || (state === "unknown" && isOld(path))) discard(path);
  }
}

/** A file that is being written is changed more often than once a day. */
const millisecondsToBeOld = 24 * 3600 * 1000;

function isOld(path: string): boolean {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  return entry !== undefined && Date.now() - entry.mtimeMs > millisecondsToBeOld;
}

/** Whether something of that name is there. Throws UserError(io) where the system does not say. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw ioProblem(error, path, "read");
  }
}

/** Whether a failed call says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === "ENOENT";
}

/**
 * A failed system call as a sentence for the user: `path: cannot write: the disk is full`. Anything else,
 * an error that already is one included, comes back as it was, so `throw ioProblem(…)` is always right.
 */
export function ioProblem(error: unknown, path: string, doing: string): unknown {
  const code = errorCode(error);
  if (code === undefined || !(code in causes || "syscall" in (error as Error))) return error;
  const [cause, ofCause] = causes[code] ?? [`the system says ${code}`];
  const hint = code === "ENOENT" && path.includes("\uFFFD") ? notUtf8 : ofCause;
  const problem = { file: path, message: `cannot ${doing}: ${cause}`, hint };
  return new UserError(exitCodes.io, problem, { cause: error });
}

const notUtf8 =
  "if the name is not UTF-8, node cannot pass it on: rename the file, or give it a link of a plain name";

/** What the codes of failed calls mean, and what helps. */
const causes: Record<string, readonly [cause: string, hint?: string]> = {
  ENOENT: ["no such file or directory"],
  ENOTDIR: ["a part of the path is a file, not a directory"],
  EISDIR: ["it is a directory, not a file"],
  EEXIST: ["a file of that name is there already"],
  ENOTEMPTY: ["the directory is not empty"],
  EACCES: ["permission denied"],
  EPERM: ["the system does not permit it"],
  EROFS: ["the file system is read-only"],
  ENOSPC: ["the disk is full", "free some space, or choose another place"],
  EDQUOT: ["the disk quota is used up", "free some space, or choose another place"],
  EFBIG: ["the file would exceed the size limit", "see `ulimit -f` and the limits of the file system"],
  EIO: ["the device reports an input/output error"],
  EMFILE: ["too many open files", "raise the limit: `ulimit -n 4096`"],
  ENFILE: ["too many open files in the whole system"],
  ENOMEM: ["not enough memory"],
  ENAMETOOLONG: ["the name is too long"],
  ELOOP: ["a symbolic link stands in the way"],
  EBUSY: ["it is in use"],
  EADDRINUSE: ["something else listens there", "--port 0 takes any that is free"],
  EADDRNOTAVAIL: ["this machine has no such address"],
  ETXTBSY: ["it is being executed"],
  ENXIO: ["nothing is behind this device or pipe"],
  ENODEV: ["nothing is behind this device"],
  ESTALE: ["the network file system lost it"],
  ETIMEDOUT: ["the network file system does not answer"],
  EPIPE: ["the reader has gone away"],
  ERR_ACCESS_DENIED: [
    "node was started without the permission",
    "see --allow-fs-read and --allow-fs-write of node",
  ],
  ERR_FS_FILE_TOO_LARGE: ["it is too large to be read at once"],
  ERR_INVALID_ARG_VALUE: ["the path holds a NUL character"],
};

/** A temporary file's name holds who writes it; it does not grow with the target's name. */
const temporaryName = /^\.nnt-tmp-(.+)-\d+$/;

let temporariesMade = 0;

/** Threads of a process, which has one name, write to files of their own. @param thread from 1 */
export function nameTemporariesBy(thread: number): void {
  temporariesMade = thread * 1e9;
}

const swept = new Set<string>();

/** Writes, syncs and closes a temporary file beside `path`; a link to `twin` where that holds the bytes already. */
function writeTemporary(
  path: string,
  old: Stats | null,
  twin: string | undefined,
  bytes: Uint8Array[],
): string {
  const temporary = temporaryPath(path);
  if (twin !== undefined && linked(twin, temporary)) return temporary;
  const file = openSync(temporary, "wx", old?.isFile() ? old.mode & 0o777 : 0o666);
  try {
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    discard(temporary);
    throw error;
  }
  return temporary;
}

function discard(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // Somebody else's, gone already, or the fault that brought us here, which matters more.
  }
}

/** A second name for a synced file; false where the file system has no links. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false; // a copy is as good
  }
}

function writeThrough(path: string, bytes: Uint8Array[]): void {
  const file = openSync(path, "w");
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
}

/** The entry of a name itself; null for none. */
function entryAt(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

/** What a name stands for: a device or pipe also behind a link, else the entry itself; null for nothing. */
export function existing(path: string): Stats | null {
  const entry = entryAt(path);
  if (!entry?.isSymbolicLink()) return entry;
  const target = statSync(path, { throwIfNoEntry: false });
  return target && !target.isFile() && !target.isDirectory() ? target : null;
}

/** Whether what is at a path is a device or a pipe: nothing that has an ending. Throws what `stat` throws. */
export function isDevice(path: string): boolean {
  const found = existing(path);
  return found !== null && !found.isFile() && !found.isDirectory();
}

/** Whether two paths lead to one file, links followed; false where either leads to none. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return (
    one !== undefined && other !== undefined && one.isFile() && one.dev === other.dev && one.ino === other.ino
  );
}

/** Node refuses single writes of 2 GiB and more. */
function pieces(bytes: Uint8Array): Uint8Array[] {
  const limit = 2 ** 30;
  if (bytes.length <= limit) return bytes.length > 0 ? [bytes] : [];
  return [bytes.subarray(0, limit), ...pieces(bytes.subarray(limit))];
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
