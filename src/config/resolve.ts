/** A spec as written, in short or long form → the canonical spec, or everything that is wrong with it. */
import type { z } from "zod";
import { nearest } from "../support/nearest.ts";
import { isLoss, type LossName } from "../tasks/losses.ts";
import { taskOfLoss } from "../tasks/tasks.ts";
import { contradictions } from "./check/contradictions.ts";
import { expandBlend } from "./expand/blend.ts";
import { expandData } from "./expand/data.ts";
import { Expansion, isMapping, type Mapping, unusable } from "./expand/expansion.ts";
import { expandModel } from "./expand/model.ts";
import { expandNamed, type NamedSection } from "./expand/named.ts";
import { withRecipe } from "./expand/recipe.ts";
import { expandSearch } from "./expand/search.ts";
import { expandTrack } from "./expand/track.ts";
import { expandTrain } from "./expand/train.ts";
import { reportZod, unknownKey } from "./expand/zodIssues.ts";
import { show } from "./issue.ts";
import { type Node, toPlain } from "./parse/node.ts";
import { type SpecFile, specFileSchema } from "./schema.ts";

type Section = keyof SpecFile;

/** `expansion` holds the issues, none if and only if there is a spec, and tells where each value was written. */
export function resolve(root: Node, defaultName: string): { spec: SpecFile | null; expansion: Expansion } {
  const expansion = new Expansion(root);
  const raw = toPlain(root);
  if (!isMapping(raw)) {
    const expected = "a mapping with data:, model:, train: and so on";
    expansion.report([], `the spec is ${show(raw, expansion.textAt([]))}`, expected);
    return { spec: null, expansion };
  }
  for (const key of Object.keys(raw)) {
    if (!Object.hasOwn(specFileSchema.shape, key))
      unknownKey(expansion, [key], key, Object.keys(specFileSchema.shape));
  }
  const sections = checkSections(expansion, expand(expansion, withRecipe(expansion, raw), defaultName));
  for (const { path, message, expected } of contradictions(sections)) {
    expansion.report(expansion.written(path), message, expected);
  }
  return { spec: expansion.issues.length === 0 ? (sections as SpecFile) : null, expansion };
}

function expand(expansion: Expansion, raw: Mapping, defaultName: string): Record<Section, unknown> {
  const named = (section: NamedSection) => expandNamed(expansion, section, raw[section]);
  const { folds, combine }: Mapping = isMapping(raw.train) ? raw.train : {};
  const data = expandData(
    expansion,
    raw.data,
    folds == null ? null : combine == null ? "evaluate" : "combine",
  );
  const loss = named("loss");
  if (isMapping(data) && isMapping(loss) && (data.task ?? null) === null) {
    const columns = Array.isArray(data.target) ? data.target.length : 1;
    data.task = isLoss(String(loss.name)) ? taskOfLoss(loss.name as LossName, columns) : null;
  }
  return {
    name: raw.name ?? defaultName,
    recipe: raw.recipe ?? null,
    seed: raw.seed ?? undefined,
    data,
    model: expandModel(expansion, raw.model),
    loss,
    init: named("init"),
    optimizer: named("optimizer"),
    schedule: named("schedule"),
    train: expandTrain(raw.train),
    blend: expandBlend(expansion, raw.blend),
    track: expandTrack(expansion, raw.track),
    search: expandSearch(expansion, raw.search),
    calibration: raw.calibration ?? undefined,
  };
}

/** The sections that are valid in themselves; the issues of the others are reported. */
function checkSections(expansion: Expansion, expanded: Record<Section, unknown>): Partial<SpecFile> {
  const valid: Mapping = {};
  for (const [section, schema] of Object.entries(specFileSchema.shape) as [Section, z.ZodType][]) {
    const value = expanded[section];
    if (value === unusable) continue;
    const result = schema.safeParse(value);
    if (result.success && result.data !== undefined) valid[section] = result.data;
    if (!result.success) reportZod(expansion, result.error.issues, schema, value, [section]);
    const corrected = result.success ? value : withNearestNames(value, result.error.issues);
    const again = corrected === value ? result : schema.safeParse(corrected);
    if (!again.success) reportZod(expansion, again.error.issues, schema, corrected, [section]);
    if (expansion.issues.some(({ path }) => path[0] === section)) delete valid[section];
  }
  return valid;
}

/** A copy in which misspelt names are right, to see what is wrong with their options; or `value` itself. */
function withNearestNames(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  let corrected = value;
  for (const issue of issues) {
    if (issue.code !== "invalid_union" || issue.discriminator === undefined) continue;
    const names = (issue as { options?: unknown[] }).options?.map(String) ?? [];
    const section = issue.path
      .slice(0, -1)
      .reduce<unknown>((at, part) => (at as Mapping)[part as string], corrected);
    const near = isMapping(section) && nearest(String(section[issue.discriminator]), names);
    if (near === undefined || near === false) continue;
    corrected = structuredClone(corrected);
    const copy = issue.path
      .slice(0, -1)
      .reduce<unknown>((at, part) => (at as Mapping)[part as string], corrected);
    (copy as Mapping)[issue.discriminator] = near;
  }
  return corrected;
}
