/** What a failure looks like to the person at the terminal: lines for stderr, and an exit code. */
import { printable } from "../report/terminal.ts";
import { exitCodes, type Problem, sentence, UserError } from "../support/errors.ts";
import { ioProblem } from "../support/files.ts";

export interface Failure {
  readonly exitCode: number;
  /** `nnt: FILE:LINE:COLUMN: what; expected` and `hint: …` lines, without control characters. */
  readonly lines: readonly string[];
  /** The same for programs. */
  readonly problems: readonly Problem[];
}

/** Our own errors say what they are; errors of the system become I/O failures; all else is a bug. */
export function failureOf(error: unknown, debug: boolean): Failure {
  const told = error instanceof UserError ? error : resourceFailure(error);
  if (told instanceof UserError)
    return {
      exitCode: told.exitCode,
      lines: told.problems.flatMap(problemLines),
      problems: told.problems,
    };
  const lines = bugLines(error, debug);
  return { exitCode: exitCodes.bug, lines, problems: [{ message: lines[0]! }] };
}

/** A hint that several problems in a row share is given once, after the last. */
function problemLines(problem: Problem, index: number, problems: readonly Problem[]): string[] {
  const lines = [`nnt: ${printable(sentence(problem))}`];
  if (problem.hint && problem.hint !== problems[index + 1]?.hint)
    lines.push(`hint: ${printable(problem.hint)}`);
  return lines;
}

function bugLines(error: unknown, debug: boolean): string[] {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (!debug) return [`nnt: internal error: ${printable(message)} (a bug in nnt; --debug shows more)`];
  const stack = error instanceof Error && error.stack ? error.stack : message;
  return [`nnt: internal error: ${printable(message)}`, ...stack.split("\n").map(printable)];
}

/** What the system or the runtime refused: 5, with the cause in words; undefined for anything else. */
function resourceFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return ioProblem(error, path ?? "", syscall);
  if (error instanceof RangeError && /allocation failed|array buffer length/i.test(error.message)) {
    const hint = "a smaller batch or network needs less, and data.stream: true keeps a table's rows on disk";
    return new UserError(exitCodes.io, { message: "out of memory", hint }, { cause: error });
  }
  return undefined;
}
