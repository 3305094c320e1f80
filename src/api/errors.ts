/** What goes wrong for a caller of the API, as classes: what is wrong, where, and what was expected. */
import { type ExitCode, exitCodes, type Problem, UserError } from "../support/errors.ts";

export type { Problem };

/** Carries every problem that was found; the place of the first is its own, too. */
export class NntError extends Error {
  override readonly name: string = "NntError";
  readonly problems: readonly Problem[];
  /** What `nnt` would exit with. */
  readonly exitCode: number;
  readonly file: string | undefined;
  /** From 1; of rows that are objects, the row's number. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(cause: UserError) {
    super(cause.message, { cause });
    this.problems = cause.problems;
    this.exitCode = cause.exitCode;
    const { file, line, column } = cause.problems[0] ?? {};
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

/** A wrong spec, or an option that the model or the data does not allow. */
export class SpecError extends NntError {
  override readonly name = "SpecError";
}

/** Data that is not as it should be, to train with or to predict. */
export class DataError extends NntError {
  override readonly name = "DataError";
}

/** A model file that is damaged or does not fit. */
export class ModelError extends NntError {
  override readonly name = "ModelError";
}

/** A file that is missing, a full disk, too little memory, a directory in use. */
export class ResourceError extends NntError {
  override readonly name = "ResourceError";
}

/** The loss or the weights are no longer finite. */
export class DivergedError extends NntError {
  override readonly name = "DivergedError";
}

const classes: Partial<Record<ExitCode, new (cause: UserError) => NntError>> = {
  [exitCodes.usage]: SpecError,
  [exitCodes.data]: DataError,
  [exitCodes.model]: ModelError,
  [exitCodes.io]: ResourceError,
  [exitCodes.diverged]: DivergedError,
};

/** A caller's mistake as one of these classes; a bug stays what it is. */
export function told(error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  return new (classes[error.exitCode] ?? NntError)(error);
}
