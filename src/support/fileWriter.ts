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
  write(chunk: Uint8Array | string): void;
  /** Syncs the file and gives it its name; where that fails it is discarded. */
  commit(): void;
  /** Leaves what was there before. */
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
  const discard = () => {
    closeSync(file);
    if (temporary !== null) removeIfThere(temporary);
  };
  return {
    write: (chunk) => attempt(() => writeAll(file, [typeof chunk === "string" ? Buffer.from(chunk) : chunk])),
    commit: () => {
      if (temporary === null) return closeSync(file);
      try {
        attempt(() => fsyncSync(file));
        attempt(() => renameSync(temporary, path));
      } catch (error) {
        discard();
        throw error;
      }
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
