/** Sentences for values that are missing or unseen in training: how many, and what is done with them. */
import { farthest } from "../../support/time.ts";
import { type InputColumn, levelCount } from "./preprocessing.ts";
import type { TrainingProfile } from "./profile.ts";

/** What is done with values of a column; columns of which the same is done share a sentence. */
interface Handling {
  readonly done: string;
  /** Where each column has its own. */
  readonly by?: string;
}

/** Columns named in a sentence before the others are only counted. */
const mostNamed = 20;

/** The values filled in first, then those unseen, each in the order of the columns. */
export function oddities(
  columns: readonly InputColumn[],
  filledOf: ArrayLike<number>,
  unseenOf: ArrayLike<number>,
): string[] {
  return [
    ...sentences("missing ", columns, filledOf, filling),
    ...sentences("", columns, unseenOf, unseenTaking),
  ];
}

/**
 * Sentences for values outside the training rows' ranges, where they are more than chance gives: of rows like the N training
 * rows, each is the least or the largest of all with probability 2/(N + 1).
 */
export function outliers(
  profile: TrainingProfile,
  columns: readonly InputColumn[],
  outsideOf: ArrayLike<number>,
  rows: number,
): string[] {
  const expected = (2 * rows) / (profile.rows + 1);
  const told = columns.flatMap(({ name, type }, j) => {
    const seen = Object.hasOwn(profile.columns, name) ? profile.columns[name]! : null;
    const count = outsideOf[j]!;
    if (seen?.kind !== "numbers" || count <= expected + 4 * Math.sqrt(expected)) return [];
    const [low, high] = [seen.min, seen.max].map((end) =>
      type === "date" && Math.abs(end) <= farthest
        ? new Date(end).toISOString()
        : String(Number(end.toPrecision(6))),
    );
    return [
      `column "${name}": ${count} ${count === 1 ? "value" : "values"} outside ${low} … ${high}, where the training rows' lie`,
    ];
  });
  const more = told.length - mostNamed;
  return more > 0
    ? [...told.slice(0, mostNamed), `values outside the training rows' in ${more} more columns`]
    : told;
}

function sentences(
  kind: string,
  columns: readonly InputColumn[],
  countOf: ArrayLike<number>,
  handlingOf: (column: InputColumn) => Handling,
): string[] {
  const groups = new Map<string, { name: string; count: number; by: string }[]>();
  columns.forEach((column, j) => {
    if (countOf[j] === 0) return;
    const { done, by } = handlingOf(column);
    const group = groups.get(done) ?? [];
    groups.set(done, group);
    group.push({ name: `"${column.name}"`, count: countOf[j]!, by: by === undefined ? "" : ` with ${by}` });
  });
  return [...groups].map(([done, group]) => {
    const [{ name, count, by }] = group as [(typeof group)[number]];
    if (group.length === 1)
      return `column ${name}: ${count} ${kind}${count === 1 ? "value" : "values"} ${done}${by}`;
    const named = group.slice(0, mostNamed).map((each) => `${each.name} ${each.count}${each.by}`);
    const more = group.length - named.length;
    return `${kind}values ${done} in ${group.length} columns: ${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
  });
}

function filling(column: InputColumn): Handling {
  const { fill } = column;
  if (column.type === "text") return { done: "taken as an empty text" };
  if (column.type === "date") return { done: "filled", by: new Date(fill!).toISOString() };
  if (column.type !== "category") return { done: "filled", by: String(Number(fill?.toPrecision(6))) };
  const level = column.levels[fill ?? -1];
  if (level !== undefined) return { done: "filled", by: JSON.stringify(level) };
  if (fill === -1) return { done: "taken as none of its levels" };
  return { done: `taken as a ${fill === levelCount(column) ? "level of their own" : "rare level"}` };
}

function unseenTaking(column: InputColumn): Handling {
  const isRare = column.type === "category" && column.rare.length > 0;
  return { done: `unseen in training, taken as ${isRare ? "a rare level" : "none of its levels"}` };
}
