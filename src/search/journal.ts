/**
 * The journal of a search: JSON Lines to which any number of processes append, on one file system. Torn and unknown
 * lines are skipped; of several results for one job the first counts.
 */
import type { SearchSpec } from "../config/schema.ts";
import type { LossOf } from "./plan.ts";
import type { Point } from "./space.ts";
import type { Job } from "./strategy.ts";

/** The first line: what is searched. Every process that joins compares it with its own spec. */
export interface SearchLine {
  readonly event: "search";
  readonly version: 1;
  readonly search: SearchSpec;
  /** The spec, without the values that the search sets. */
  readonly spec: object;
}

/** A worker takes a job, or gives it back. */
export interface ClaimLine {
  readonly event: "claim" | "release";
  readonly trial: number;
  readonly epochs: number | null;
  readonly worker: string;
}

/** The result of a job. */
export interface ResultLine {
  readonly event: "result";
  readonly trial: number;
  readonly epochs: number | null;
  readonly point: Point;
  /** Of the search's metric; null where there is none. */
  readonly value: number | null;
  readonly state: "done" | "diverged" | "failed";
  /** Why it failed. */
  readonly message?: string;
  /** Epochs trained so far, and which of them is the best. */
  readonly epoch: number | null;
  readonly best_epoch: number | null;
  readonly seconds: number;
  readonly weights_sha256: string | null;
}

export type JournalLine = SearchLine | ClaimLine | ResultLine;

export interface Journal {
  readonly search: SearchLine | null;
  /** The workers that claim a job and have not released it, in order. */
  claimsOf(job: Job): readonly string[];
  resultOf(job: Job): ResultLine | undefined;
  /** In the order they were written. */
  readonly results: readonly ResultLine[];
}

export function parseJournal(text: string): Journal {
  const claims = new Map<string, string[]>();
  const results = new Map<string, ResultLine>();
  let search: SearchLine | null = null;
  for (const line of text.split("\n").slice(0, -1)) {
    const entry = parseLine(line);
    if (entry === null) continue;
    if (entry.event === "search") search ??= entry;
    else if (entry.event === "result") {
      const key = keyOf(entry);
      if (!results.has(key)) results.set(key, entry);
    } else {
      const workers = (claims.get(keyOf(entry)) ?? []).filter((worker) => worker !== entry.worker);
      claims.set(keyOf(entry), entry.event === "claim" ? [...workers, entry.worker] : workers);
    }
  }
  return {
    search,
    results: [...results.values()],
    claimsOf: (job) => claims.get(keyOf(job)) ?? [],
    resultOf: (job) => results.get(keyOf(job)),
  };
}

/** The loss of jobs as a plan takes it. */
export function lossesIn(journal: Journal, mode: "min" | "max"): LossOf {
  return (job) => {
    const result = journal.resultOf(job);
    return result && lossOf(result, mode);
  };
}

/** The latest result of each trial, the best first; of equal ones the earlier trial's. */
export function leaderboard({ results }: Journal, mode: "min" | "max"): ResultLine[] {
  const latest = new Map<number, ResultLine>();
  for (const result of results) {
    const other = latest.get(result.trial);
    if (!other || (result.epochs ?? 0) > (other.epochs ?? 0)) latest.set(result.trial, result);
  }
  const order = (a: ResultLine, b: ResultLine) => {
    const [x, y] = [lossOf(a, mode), lossOf(b, mode)];
    return x === y ? a.trial - b.trial : x - y;
  };
  return [...latest.values()].sort(order);
}

function lossOf({ value }: ResultLine, mode: "min" | "max"): number {
  if (value === null) return Infinity;
  return mode === "max" ? -value : value;
}

const keyOf = ({ trial, epochs }: Pick<Job, "trial" | "epochs">) => `${trial}@${epochs}`;

function parseLine(line: string): JournalLine | null {
  try {
    const entry = JSON.parse(line) as Partial<JournalLine> | null;
    const isOurs = entry !== null && events.has(String(entry.event));
    return isOurs ? (entry as JournalLine) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const events: ReadonlySet<string> = new Set(["search", "claim", "release", "result"]);
