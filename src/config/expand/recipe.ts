/** What a recipe says of all that a spec leaves open. */
import { isTask, taskOf } from "../../tasks/tasks.ts";
import { recipes } from "../schema/recipes.ts";
import { type Expansion, isMapping, type Mapping } from "./expansion.ts";

/** The spec as written, and under it the recipe that it names. */
export function withRecipe(expansion: Expansion, raw: Mapping): Mapping {
  const { recipe, data } = raw;
  if (typeof recipe !== "string" || !Object.hasOwn(recipes, recipe)) return raw;
  const task = isMapping(data) ? data.task : null;
  if (!isTask(task)) {
    const message = `recipe ${recipe} is another for numbers than for classes, and data.task is missing`;
    expansion.report(["recipe"], message, "task: regression or classification");
    return raw;
  }
  const base = recipes[recipe as keyof typeof recipes](taskOf(task).kind === "numbers");
  const merged: Mapping = { ...base, ...raw };
  for (const section of ["data", "train"] as const) merged[section] = over(base[section], raw[section]);
  merged.optimizer = optimizerOver(base.optimizer as Mapping, raw.optimizer);
  return merged;
}

function over(base: unknown, own: unknown): unknown {
  if (own === undefined || own === null) return base;
  return isMapping(base) && isMapping(own) ? { ...base, ...own } : own;
}

/** Options of the recipe's optimizer are kept where the spec names no other. */
function optimizerOver(base: Mapping, own: unknown): unknown {
  const isOther = isMapping(own) ? own.name !== undefined && own.name !== base.name : typeof own === "string";
  return isOther ? own : over(base, own);
}
