/** What a way of searching is: a function from what is known so far to what is tried next. */
import type { SearchSpec } from "../config/schema.ts";
import type { Point } from "./space.ts";

/** A piece of work: a trial, from where it stands on to so many epochs. */
export interface Job {
  /** From 1; a trial is one combination of values. */
  readonly trial: number;
  /** Of a trial that is looked at on its way: the epoch to stop after; null: to its own end. */
  readonly epochs: number | null;
  readonly point: Point;
}

/** A job proposed before, and what came of it. */
export interface Known extends Job {
  /** Less is better, Infinity for a trial that failed; undefined: not known to this proposal. */
  readonly loss: number | undefined;
}

/** What a strategy searches in. */
export interface SearchSettings extends SearchSpec {
  /** Epochs of a whole trial; null where the spec counts updates alone. */
  readonly epochs: number | null;
}

export interface Strategy {
  /** Whether proposals follow from results; else all are known from the beginning. */
  readonly learns: boolean;
  /**
   * The next job after these; null for none as yet. A function of its argument, the settings and their seed
   * alone: whoever asks gets the same answer.
   */
  propose(before: readonly Known[]): Job | null;
}
