/** Tables that no spec makes sense of: refused, where check would refuse the spec. */
import type { ColumnProfile } from "../../data/table/profile.ts";
import { exitCodes, quoted, UserError } from "../../support/errors.ts";

/** Columns of no use that are named where there are no others. */
const mostTold = 8;

/** @throws UserError(data) for a target of classes that has one in every row */
export function requireClasses(file: string, targets: readonly ColumnProfile[]): void {
  const one = targets.find(({ distinct }) => distinct === 1);
  if (!one) return;
  throw new UserError(exitCodes.data, {
    file,
    message: `the target ${quoted(one.name)} holds ${quoted(one.top?.[0]?.text ?? String(one.numbers?.min))} in every row`,
    expected: "two classes at least",
  });
}

/** @throws UserError(data) where no column is an input */
export function requireInput(
  file: string,
  target: readonly string[],
  settings: readonly { readonly name: string; readonly setting: string; readonly why: string }[],
): void {
  if (settings.some(({ setting }) => setting !== "ignore" && setting !== "id")) return;
  const others = settings.slice(0, mostTold).map(({ name, why }) => `; ${quoted(name)} holds ${why}`);
  const more = settings.length > mostTold ? `; and ${settings.length - mostTold} more` : "";
  throw new UserError(exitCodes.data, {
    file,
    message: `no column is left to predict ${target.map(quoted).join(", ")} from${others.join("")}${more}`,
    expected: "at least one column that differs from row to row",
  });
}
