/**
 * Files within a directory that nnt writes to: whatever somebody has put there, nothing is followed out of it. Links,
 * pipes and devices that bear the name of a file are replaced where a file is replaced whole, else refused.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { exitCodes, UserError } from "./errors.ts";
import { ioProblem, replace, syncDirectory, systemError, writeAll } from "./files.ts";

/**
 * As `atomicWrite`, and nothing is written but files of these names: a link, a device or a pipe gives way. Each has its
 * name on disk before the next gets its own. Throws UserError(io).
 */
export function writeInside(
  paths: string | readonly string[],
  chunks: readonly (Uint8Array | string)[],
): void {
  replace(paths, chunks, "replaced");
}

/** Adds to the end of a file, which need not be there. Throws UserError(io), also for what is no file. */
export function appendInside(path: string, bytes: Uint8Array | string): void {
  const chunk = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  withOpen(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, "write", (file) =>
    writeAll(file, [chunk]),
  );
}

/** The bytes of a file. Throws UserError(io), also for what is no file, a link to one included. */
export function readInside(path: string): Buffer {
  return withOpen(path, constants.O_RDONLY, "read", (file) => readFileSync(file));
}

/** Opens a file, but no link, and no pipe, which might never open. Throws system errors. */
export function openInside(path: string, flags: number): number {
  const noLink = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = openSync(path, flags | noLink, 0o666);
  if (fstatSync(file).isFile()) return file;
  const isDirectory = fstatSync(file).isDirectory();
  closeSync(file);
  throw isDirectory ? systemError("EISDIR") : noFile(path);
}

/** Makes a folder right in a directory that is there; one that is there already is kept. Throws UserError(io) for a link. */
export function makeInnerFolder(path: string): void {
  try {
    mkdirSync(path);
    syncDirectory(dirname(path));
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (!isThere) throw ioProblem(error, path, "make the directory");
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry && !entry.isDirectory())
      throw ioProblem(systemError(entry.isSymbolicLink() ? "ELOOP" : "ENOTDIR"), path, "use the directory");
  }
}

/** Throws UserError(io) for a link: what it leads to is not ours to write to. */
export function refuseLink(path: string): void {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (isLink) throw ioProblem(systemError("ELOOP"), path, "use the directory");
}

/** Cuts a file to its first bytes. Throws UserError(io), also for what is no file. */
export function truncateInside(path: string, bytes: number): void {
  withOpen(path, constants.O_WRONLY, "write", (file) => ftruncateSync(file, bytes));
}

function withOpen<T>(path: string, flags: number, doing: string, use: (file: number) => T): T {
  try {
    const file = openInside(path, flags);
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw ioProblem(error, path, doing);
  }
}

function noFile(path: string): UserError {
  return new UserError(exitCodes.io, { file: path, message: "it is a device or a pipe", expected: "a file" });
}
