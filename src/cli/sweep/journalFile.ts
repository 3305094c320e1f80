/** The journal of a sweep on disk: appended to by every process that takes part, on every machine. */
import { closeSync, constants, fdatasyncSync, fstatSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { type Journal, type JournalLine, parseJournal } from "../../search/journal.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { ioProblem, isThere, syncDirectory, writeAll } from "../../support/files.ts";
import { openInside, readInside } from "../../support/inside.ts";

/** Appends of a line that others wrote over, as network file systems let them. */
const mostAttempts = 20;

export class JournalFile {
  constructor(readonly path: string) {}

  /** Throws UserError(io). */
  read(): Journal {
    return parseJournal(isThere(this.path) ? readInside(this.path).toString("utf8") : "");
  }

  /** Appends a line, and again until it is there to be read. Gives the journal with it. Throws UserError(io). */
  append(line: JournalLine, isKnown: (journal: Journal) => boolean): Journal {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      this.write(`${JSON.stringify(line)}\n`);
      const journal = this.read();
      if (isKnown(journal)) return journal;
    }
    const message = "appended lines are missing from the file";
    throw new UserError(exitCodes.io, { file: this.path, message });
  }

  /** One write at the end, on disk when it returns; a line that a killed process left half written is ended. */
  private write(line: string): void {
    try {
      const isNew = !isThere(this.path);
      const file = openInside(this.path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
      try {
        if (isNew) syncDirectory(dirname(this.path));
        writeAll(file, [Buffer.from(endsInLine(file) ? line : `\n${line}`)]);
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw ioProblem(error, this.path, "write");
    }
  }
}

function endsInLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size === 0 || readSync(file, last, 0, 1, size - 1) === 0 || last.toString() === "\n";
}
