/** Collects what is wrong with data: the first twenty problems in full, the others as a count. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";

/** More would scroll the first ones away. */
const shown = 20;

export class ProblemList {
  private readonly problems: Problem[] = [];
  count = 0;

  add(problem: Problem): void {
    if (this.count++ < shown) this.problems.push(problem);
  }

  /** Throws UserError(data) if anything was added. */
  throwIfAny(): void {
    if (this.count === 0) return;
    const more = this.count - this.problems.length;
    const rest = more > 0 ? [{ message: `and ${more} more problem${more === 1 ? "" : "s"} like these` }] : [];
    throw new UserError(exitCodes.data, [...this.problems, ...rest]);
  }
}

/** A fault of the data as an error. */
export function dataError(problem: Problem, cause?: unknown): UserError {
  return new UserError(exitCodes.data, problem, cause === undefined ? undefined : { cause });
}
