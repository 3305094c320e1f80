/** Writes a file piece by piece, so that it appears whole or not at all. */

import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import {
  existing,
  ioProblem,
  removeIfThere,
  syncDirectory,
  systemError,
  temporaryPath,
  writeAll,
} from "./files.ts";

/** A file being written. Ends by either `commit` or `discard`; every method throws UserError(io). */
export interface FileWriter {
  /** Where it fails, what was written is discarded. */
  write(chunk: Uint8Array | string): void;
  /** Syncs the file and gives it its name; where that fails it is discarded. */
  commit(): void;
  /** Leaves what was there before; a second call does nothing. */
  discard(): void;
}

/** Begins to write `path`. A device or a pipe is written as it is. */
export function writeFile(path: string): FileWriter {
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw ioProblem(error, path, "write");
    }
  };
  const { file, temporary } = attempt(() => open(path));
  let isOpen = true;
  const discard = () => {
    if (!isOpen) return;
    isOpen = false;
    closeSync(file);
    if (temporary !== null) removeIfThere(temporary);
  };
  const orDiscard = (action: () => void) => {
    try {
      attempt(action);
    } catch (error) {
      discard();
      throw error;
    }
  };
  return {
    write: (chunk) =>
      orDiscard(() => writeAll(file, [typeof chunk === "string" ? Buffer.from(chunk) : chunk])),
    commit: () => {
      if (temporary === null) {
        isOpen = false;
        return closeSync(file);
      }
      orDiscard(() => {
        fsyncSync(file);
        renameSync(temporary, path);
      });
      isOpen = false;
      closeSync(file);
      attempt(() => syncDirectory(dirname(path)));
    },
    discard,
  };
}

function open(path: string): { file: number; temporary: string | null } {
  const old = existing(path);
  if (old?.isDirectory()) throw systemError("EISDIR");
  if (old && !old.isFile()) return { file: openSync(path, "w"), temporary: null };
  const temporary = temporaryPath(path);
  return { file: openSync(temporary, "wx", old ? old.mode & 0o777 : 0o666), temporary };
}
