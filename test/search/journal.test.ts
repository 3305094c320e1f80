/** The journal of a search: what many writers, some of them killed, leave in one file. */
import { expect, test } from "vitest";
import { leaderboard, lossesIn, parseJournal, type ResultLine } from "../../src/search/journal.ts";

const job = { trial: 1, epochs: null, point: {} };
const text = (...lines: readonly (object | string)[]) =>
  lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");

function result(trial: number, value: number | null, epochs: number | null = null): ResultLine {
  return {
    event: "result",
    trial,
    epochs,
    point: {},
    value,
    state: "done",
    epoch: 3,
    best_epoch: 2,
    seconds: 1,
    weights_sha256: "",
  };
}

const claim = (worker: string, event = "claim") => ({ event, trial: 1, epochs: null, worker });

test("claims stand in the order they were made, without those given back", () => {
  const journal = parseJournal(text(claim("a"), claim("b"), claim("a", "release"), claim("c"), claim("a")));
  expect(journal.claimsOf(job)).toEqual(["b", "c", "a"]);
  expect(journal.claimsOf({ ...job, epochs: 3 })).toEqual([]);
});

test("the first of two results counts", () => {
  const journal = parseJournal(text(result(1, 0.5), result(1, 0.7)));
  expect(journal.resultOf(job)?.value).toBe(0.5);
});

test("torn lines, and lines of other kinds, are passed over", () => {
  const torn = JSON.stringify(result(1, 0.5));
  const journal = parseJournal(
    `${text(torn.slice(0, 20), "null", "", { event: "note" }, result(2, 0.1))}${torn}`,
  );
  expect(journal.results.map(({ trial }) => trial)).toEqual([2]);
});

test("the leaderboard has each trial once, by its longest run; the failed last, ties in order of trials", () => {
  const journal = parseJournal(
    text(result(4, null), result(3, 0.5, 1), result(2, 0.9, 1), result(1, 0.9, 1), result(3, 0.95, 3)),
  );
  expect(leaderboard(journal, "max").map(({ trial }) => trial)).toEqual([3, 1, 2, 4]);
  expect(leaderboard(journal, "min").map(({ trial }) => trial)).toEqual([1, 2, 3, 4]);
});

test("losses are less where results are better", () => {
  const journal = parseJournal(text(result(1, 0.5), result(2, null)));
  expect(lossesIn(journal, "min")(job)).toBe(0.5);
  expect(lossesIn(journal, "max")(job)).toBe(-0.5);
  expect(lossesIn(journal, "max")({ ...job, trial: 2 })).toBe(Infinity);
  expect(lossesIn(journal, "max")({ ...job, trial: 3 })).toBeUndefined();
});
