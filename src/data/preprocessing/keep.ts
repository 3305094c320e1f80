/** What an earlier model knows of columns and classes, kept for data that has others besides: training goes on from there. */
import { keptTarget } from "../../tasks/tasks.ts";
import { type CategoryColumn, type InputColumn, levelCount, type Preprocessing } from "./preprocessing.ts";

/** As fitted, but for columns, classes and scaling that the earlier model has under the same names. */
export function kept(fitted: Preprocessing, before: Preprocessing | null): Preprocessing {
  if (before === null) return fitted;
  const target = keptTarget(fitted.target, before.target);
  const { inputs } = before;
  if (fitted.inputs.kind === "array") {
    const isSame = inputs.kind === "array" && inputs.shape.join() === fitted.inputs.shape.join();
    return { ...fitted, target, inputs: isSame ? inputs : fitted.inputs };
  }
  if (inputs.kind === "array") return { ...fitted, target };
  const known = new Map(inputs.columns.map((column) => [column.name, column]));
  const columns = fitted.inputs.columns.map((column) => keptColumn(column, known.get(column.name)));
  return { ...fitted, target, inputs: { kind: "columns", columns } };
}

function keptColumn(now: InputColumn, before: InputColumn | undefined): InputColumn {
  if (before?.type !== now.type) return now;
  if (before.type !== "category" || now.type !== "category") return before;
  if ((before.embedding === undefined) !== (now.embedding === undefined)) return now;
  return withLevels(before, [...now.levels, ...now.rare]);
}

/** New levels follow those that are known. */
function withLevels(before: CategoryColumn, found: readonly string[]): CategoryColumn {
  const known = new Set([...before.levels, ...before.rare]);
  const column = { ...before, levels: [...before.levels, ...found.filter((level) => !known.has(level))] };
  // A missing value's own number follows all others'.
  return before.fill === levelCount(before) ? { ...column, fill: levelCount(column) } : column;
}
