/** The names of a table's columns, whatever its format. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import type { Place } from "./rowBatch.ts";

export const maxColumns = 100_000;

/** Problems told at once. */
const mostProblems = 20;

/** The names, each there and different from the others. Throws UserError(data) with both places. */
export function checkHeader(names: readonly string[], placeOf: (field: number) => Place): readonly string[] {
  if (names.length > maxColumns) {
    const message = `${names.length} columns`;
    throw new UserError(exitCodes.data, { ...placeOf(0), message, expected: `${maxColumns} at most` });
  }
  const seen = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [field, name] of names.entries()) {
    const before = seen.get(name);
    if (name.trim() === "") {
      const message = `column ${field + 1} has no name`;
      problems.push({ ...placeOf(field), message, expected: "a name for every column" });
    } else if (before !== undefined) {
      const both = `columns ${before + 1} and ${field + 1} are both named "${name}"`;
      problems.push({ ...placeOf(field), message: both, expected: "different names" });
    } else seen.set(name, field);
    if (problems.length === mostProblems) break;
  }
  if (problems.length > 0) throw new UserError(exitCodes.data, problems);
  return names;
}
