/** zod's issues → sentences: what was found at which place of the user's spec, and what was expected. */
import type { z } from "zod";
import { nearest } from "../../support/nearest.ts";
import { show, suggestion } from "../issue.ts";
import { formatPath, type Path } from "../paths.ts";
import { type Expansion, isMapping } from "./expansion.ts";
import { elsewhere, homeOf, keysAt, ownersOf } from "./knownKeys.ts";

type ZodIssue = z.core.$ZodIssue;

/** Reports the issues of checking `value`, which stands at `base` of the canonical spec, against `schema`. */
export function reportZod(
  expansion: Expansion,
  issues: readonly ZodIssue[],
  schema: z.ZodType,
  value: unknown,
  base: Path,
): void {
  for (const issue of issues) {
    const inside = issue.path as Path;
    const canonical = [...base, ...inside];
    const nested = issue.code === "invalid_union" ? rightBranch(issue.errors) : null;
    if (nested) {
      const deeper = nested.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
      reportZod(expansion, deeper as ZodIssue[], schema, value, base);
    } else if (issue.code === "unrecognized_keys") {
      const known = keysAt(schema, value, inside);
      for (const key of issue.keys) {
        const owners = ownersOf(key, schema, value, inside);
        unknownKey(expansion, [...canonical, key], key, known, owners);
      }
    } else reportValue(expansion, issue, valueAt(value, inside), canonical);
  }
}

/** The branch of a union whose outer form fits: its issues all lie deeper. */
function rightBranch(branches: readonly (readonly ZodIssue[])[]): readonly ZodIssue[] | null {
  return branches.find((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0)) ?? null;
}

/** Reports a key that its place does not know. */
export function unknownKey(
  expansion: Expansion,
  canonical: Path,
  key: string,
  known: readonly string[],
  owners: readonly string[] = [],
): void {
  const path = expansion.written(canonical);
  const isOwned = owners.length > 0;
  const near = isOwned ? nearest(key, known) : (homeOf(key) ?? nearest(key, known) ?? elsewhere(key));
  const list = known.length > 0 ? known.join(", ") : "no options here";
  const whose = isOwned ? `; ${key} belongs to ${owners.join(", ")}` : "";
  const unknown = `unknown key ${formatPath(path)}`;
  if (near === undefined) expansion.report(path, unknown, list + whose, true);
  else expansion.report(path, `${unknown}; did you mean ${near}?`, undefined, true);
}

function reportValue(expansion: Expansion, issue: ZodIssue, found: unknown, canonical: Path): void {
  const path = expansion.written(canonical);
  const names =
    issue.code === "invalid_value" ? issue.values : "options" in issue ? issue.options : undefined;
  const known = (names as unknown[] | undefined)?.map(String) ?? [];
  const phrase =
    issue.code === "invalid_union" && known.length > 0 ? `one of ${known.join(", ")}` : issue.message;
  const isHuge =
    typeof found === "number" && Math.abs(found) > Number.MAX_SAFE_INTEGER && issue.code === "too_big";
  const expected = `${phrase}${isHuge ? ", and at most 9007199254740991" : ""}${suggestion(found, known)}`;
  const state = found === undefined ? "is missing" : `is ${show(found, expansion.textAt(path))}`;
  expansion.report(path, `${formatPath(path)} ${state}`, expected);
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    const inside = Array.isArray(current) || (isMapping(current) && Object.hasOwn(current, part));
    if (!inside) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}
