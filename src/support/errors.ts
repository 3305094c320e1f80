/** What goes wrong for a user: problems with a place, and the exit code they end in. Knows no console. */

/** Exit codes that a failure can end in; 0, 130 and 143 are not failures. */
export const exitCodes = {
  bug: 1,
  usage: 2,
  data: 3,
  model: 4,
  io: 5,
  diverged: 6,
  gate: 7,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One thing that is wrong: where, what was found, what was expected, what to do about it. */
export interface Problem {
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  /** 1-based; a character column in a spec, a field number's first character in a table. */
  readonly column?: number | undefined;
  readonly message: string;
  /** What should stand there: `a number above 0`. */
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
}

/** The user asked to stop before there was anything to save. */
export class Interrupted extends Error {
  /** @param signal its name */
  constructor(readonly signal: string) {
    super(`stopped by ${signal}`);
  }
}

/** Bad input: carries every problem found, so that all of them are told at once. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problems: readonly Problem[];

  constructor(
    readonly exitCode: ExitCode,
    problems: Problem | readonly Problem[],
    options?: ErrorOptions,
  ) {
    const list = "message" in problems ? [problems] : problems;
    super(list.map(sentence).join("\n"), options);
    this.problems = list;
  }
}

/** `FILE:LINE:COLUMN: what is wrong; what was expected`, as much of the place as there is. */
export function sentence({ file, line, column, message, expected }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return (place && `${place}: `) + message + (expected ? `; expected ${expected}` : "");
}

/** A value in a message: in quotes, escaped, not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/** Our own invariant: a failure is a bug in nnt, never a user's mistake. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
