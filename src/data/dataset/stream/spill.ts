/** Rows on disk, in a file without a name: whatever ends the process, the system frees it. Knows not what rows hold. */
import { closeSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ioProblem, removeIfThere, systemError, temporaryPath, writeAll } from "../../../support/files.ts";

/** Bytes written at once, at least a row. */
const blockBytes = 2 ** 20;

/** Rows of `width` doubles, each behind its number. They are appended, then read. */
export class Spill {
  count = 0;
  /** Bytes of a row: its number and its values. */
  readonly rowBytes: number;
  private readonly block: Float64Array;
  private used = 0;
  private file: number | null = null;
  private path: string | null = null;

  constructor(private readonly width: number) {
    this.rowBytes = Float64Array.BYTES_PER_ELEMENT * (1 + width);
    this.block = new Float64Array(Math.max(1, Math.floor(blockBytes / this.rowBytes)) * (1 + width));
  }

  /** Adds the row at rows[from …]. Throws UserError(io). */
  append(number: number, rows: Float64Array, from: number): void {
    const { block } = this;
    if (this.used === block.length) this.flush();
    block[this.used++] = number;
    for (let j = 0; j < this.width; j++) block[this.used++] = rows[from + j]!;
    this.count++;
  }

  /** Writes what has been appended. Throws UserError(io). */
  flush(): void {
    const bytes = new Uint8Array(this.block.buffer, 0, Float64Array.BYTES_PER_ELEMENT * this.used);
    this.used = 0;
    this.attempt("keep", () => writeAll(this.opened(), [bytes]));
  }

  /** Fills `into` with whole rows, from number `first` on. Throws UserError(io). */
  read(first: number, into: Uint8Array): void {
    this.attempt("read", () => {
      for (let at = 0; at < into.length; ) {
        const got = readSync(this.opened(), into, at, into.length - at, first * this.rowBytes + at);
        if (got === 0) throw systemError("EIO");
        at += got;
      }
    });
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
    if (this.path !== null) removeIfThere(this.path);
    this.path = null;
  }

  private opened(): number {
    if (this.file === null) {
      this.path = temporaryPath(join(tmpdir(), "rows"));
      this.file = openSync(this.path, "wx+", 0o600);
      if (forgets(this.path)) this.path = null;
    }
    return this.file;
  }

  private attempt(doing: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      throw ioProblem(error, tmpdir(), `${doing} the rows of data.stream here (TMPDIR chooses the place)`);
    }
  }
}

/** Takes an open file's name away; false where the system keeps the names of open files. */
function forgets(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false; // it goes when it is closed, or with the next process that sweeps
  }
}
