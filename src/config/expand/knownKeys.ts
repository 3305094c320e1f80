/** Which keys a place of the spec knows, and where a key that is unknown here would belong. */
import type { z } from "zod";
import { nearest } from "../../support/nearest.ts";
import type { Path } from "../paths.ts";
import { shortModelSchema } from "../schema/model.ts";
import { specFileSchema } from "../schema.ts";
import { isMapping } from "./expansion.ts";

/** Names in other tools → the name here. */
const otherWords: Readonly<Record<string, string>> = {
  learning_rate: "optimizer.lr",
  learning_rate_init: "optimizer.lr",
  wd: "optimizer.weight_decay",
  beta1: "optimizer.betas",
  max_epochs: "train.epochs",
  num_epochs: "train.epochs",
  max_iter: "train.epochs",
  batch: "train.batch_size",
  random_state: "seed",
  random_seed: "seed",
  scheduler: "schedule",
  lr_scheduler: "schedule",
  hidden_layers: "model.hidden",
  hidden_layer_sizes: "model.hidden",
  features: "data.columns",
  label: "data.target",
  output: "data.target",
  file: "data.path",
  val: "data.validation",
  validation_split: "data.split.validation",
  na_values: "data.missing_values",
  sep: "data.delimiter",
  has_header: "data.header",
  initialization: "init",
  criterion: "loss",
  objective: "loss",
};

/** The keys of the mapping at `path` of `value`, as far as the schema knows them. */
export function keysAt(schema: z.ZodType, value: unknown, path: Path): string[] {
  const { here, current } = walk(schema, value, path);
  return Object.keys((here && objectShape(branch(here, current))) ?? {});
}

/** The names of those that know `key`, when the mapping at `path` is one of several kinds. */
export function ownersOf(key: string, schema: z.ZodType, value: unknown, path: Path): string[] {
  const { here } = walk(schema, value, path);
  if (!here || !("discriminator" in here.def)) return [];
  const { options, discriminator } = (here as z.ZodDiscriminatedUnion).def;
  const shapes = options.map((option) => objectShape(option as z.ZodType) ?? {});
  const owners = shapes.filter((shape) => Object.hasOwn(shape, key));
  return owners.flatMap((shape) => Array.from(shape[discriminator]!._zod.values ?? [], String));
}

/** The schema, with the choice of a kind still open, and the value at a path. */
function walk(
  schema: z.ZodType,
  value: unknown,
  path: Path,
): { here: z.ZodType | undefined; current: unknown } {
  let here: z.ZodType | undefined = bare(schema);
  let current = value;
  for (const part of path) {
    const next = child(branch(here, current), part);
    if (next === undefined) return { here: undefined, current: undefined };
    here = bare(next);
    current = (current as Record<string | number, unknown>)[part];
  }
  return { here, current };
}

/** The full path of the section where a misplaced or otherwise named key belongs. */
export function homeOf(key: string): string | undefined {
  if (Object.hasOwn(otherWords, key)) return otherWords[key];
  homes ??= allKeys();
  return homes.get(key);
}

/** The full path of a key of another section that this one resembles. */
export function elsewhere(key: string): string | undefined {
  homes ??= allKeys();
  const near = nearest(key, homes.keys());
  return near && homes.get(near);
}

let homes: Map<string, string> | undefined;

function allKeys(): Map<string, string> {
  const found = new Map<string, string>();
  const add = (schema: z.ZodType, prefix: string) => {
    const inner = bare(schema);
    for (const option of inner.def.type === "union" ? (inner as z.ZodUnion).def.options : [inner]) {
      for (const [key, value] of Object.entries(objectShape(option as z.ZodType) ?? {})) {
        if (!found.has(key) && key !== "name") found.set(key, prefix + key);
        if (prefix.split(".").length < 3) add(value, `${prefix}${key}.`);
      }
    }
  };
  add(specFileSchema, "");
  add(shortModelSchema, "model.");
  return found;
}

/** Without nullable, default and the like. */
function bare(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while ("innerType" in inner.def) inner = inner.def.innerType as z.ZodType;
  return inner;
}

/** The option of a discriminated union that `value` chooses. */
function branch(schema: z.ZodType, value: unknown): z.ZodType {
  const inner = bare(schema);
  if (!("discriminator" in inner.def) || !isMapping(value)) return inner;
  const { options, discriminator } = (inner as z.ZodDiscriminatedUnion).def;
  const name = value[discriminator] as z.core.util.Primitive;
  return (options.find((option) =>
    objectShape(option as z.ZodType)?.[discriminator]?._zod.values?.has(name),
  ) ?? inner) as z.ZodType;
}

function child(schema: z.ZodType, part: string | number): z.ZodType | undefined {
  if (schema.def.type === "array") return (schema as z.ZodArray).def.element as z.ZodType;
  if (schema.def.type === "record") return (schema as z.ZodRecord).def.valueType as z.ZodType;
  return objectShape(schema)?.[part];
}

function objectShape(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  return schema.def.type === "object"
    ? ((schema as z.ZodObject).def.shape as Record<string, z.ZodType>)
    : undefined;
}
