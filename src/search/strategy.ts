/** A search strategy: a function from what is known so far to what is tried next. */
import type { SearchSpec } from "../config/schema.ts";
import type { Point } from "./space.ts";

/** A piece of work: to train a trial from where it is up to a number of epochs. */
export interface Job {
  /** From 1; a trial is one combination of values. */
  readonly trial: number;
  /** The epoch after which to stop, for a trial that is judged on the way; null: to its end. */
  readonly epochs: number | null;
  readonly point: Point;
}

/** A job proposed before, and its result. */
export interface Known extends Job {
  /** Less is better, Infinity for a trial that failed; undefined: not known to this proposal. */
  readonly loss: number | undefined;
}

/** What a strategy searches in. */
export interface SearchSettings extends SearchSpec {
  /** Epochs of a whole trial; null where the spec only counts updates. */
  readonly epochs: number | null;
}

export interface Strategy {
  /** Whether proposals follow from results; else all are known from the beginning. */
  readonly learns: boolean;
  /**
   * The next job after these; null: none for now. A function of its argument, the settings and their seed alone, so that
   * every process gets the same answer.
   */
  propose(before: readonly Known[]): Job | null;
}
