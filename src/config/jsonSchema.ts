/** The JSON Schema of what people write, short forms included: for editors. The checks proper are resolve.ts's. */
import { z } from "zod";
import { characterNames } from "./expand/data.ts";
import { namedSections, type Shorthand } from "./expand/named.ts";
import { methods } from "./expand/search.ts";
import {
  columnSchema,
  columnTypes,
  csvDataSchema,
  idxDataSchema,
  npyDataSchema,
  splitSchema,
} from "./schema/data.ts";
import { lossSchema } from "./schema/loss.ts";
import { figureNames } from "./schema/metrics.ts";
import {
  activationSchema,
  activationTypes,
  initSchema,
  layerSchema,
  layerTypes,
  mainOptions,
  modelSchema,
  shortModelSchema,
} from "./schema/model.ts";
import { optimizerSchema } from "./schema/optimizer.ts";
import { scheduleSchema } from "./schema/schedule.ts";
import { dimensionSchema, methodSchema, searchSchema } from "./schema/search.ts";
import { trackSchema } from "./schema/track.ts";
import { earlyStoppingSchema, trainSchema } from "./schema/train.ts";
import { specFileSchema, specSchema } from "./schema.ts";

/** What we use of JSON Schema. */
export interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema | readonly JsonSchema[];
  [keyword: string]: unknown;
}

/** JSON Schema draft 7, the one that editors' YAML servers support best. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...schema } = toJson(specFileSchema);
  return {
    $schema,
    title: "nnt spec",
    description: "What `nnt train` trains: data, network, loss, optimizer. Only data is required.",
    ...optional(schema, ["name", "model", "init", "optimizer", "train"]),
  };
}

/** What a stored spec is, which is in canonical form: for `conform`, so without words for people. */
export function storedSchema(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(specSchema, {
    io: "input",
    target: "draft-7",
    override({ jsonSchema: node }) {
      delete node.description;
    },
  });
  return schema as JsonSchema;
}

/** The text of `nnt.schema.json`, which `nnt schema` prints. */
export const jsonSchemaText = () => `${JSON.stringify(jsonSchema(), null, 2)}\n`;

/** Of each schema that has a short form: its long form's JSON Schema → that of both. */
const shortForms = new Map<unknown, (long: JsonSchema) => JsonSchema>([
  [csvDataSchema, csvData],
  [idxDataSchema, arrayData],
  [npyDataSchema, arrayData],
  [splitSchema, (long) => optional(long, ["validation", "test"])],
  [
    columnSchema,
    (long) => {
      const texts = changed(long, ["missing_values", "levels"], textsOrOne);
      const constants = changed(texts, ["missing"], (missing) =>
        either(missing, missing, { type: "number" }),
      );
      return either(long, { enum: columnTypes }, constants);
    },
  ],
  [layerSchema, (long) => layer(long, layerTypes)],
  [activationSchema, (long) => layer(long, activationTypes)],
  [modelSchema, (long) => either(long, toJson(shortModelSchema), long)],
  [lossSchema, (long) => named(long, namedSections.loss)],
  [initSchema, (long) => named(long, namedSections.init)],
  [optimizerSchema, (long) => named(long, namedSections.optimizer)],
  [scheduleSchema, (long) => named(long, namedSections.schedule)],
  [trainSchema, (long) => optional(long, ["epochs"])],
  [earlyStoppingSchema, (long) => changed(long, ["metric"], orMetricName)],
  [trackSchema, track],
  [methodSchema, (long) => named(long, methods)],
  [searchSchema, (long) => optional(changed(long, ["metric"], orMetricName), ["method"])],
  [dimensionSchema, dimension],
]);

function toJson(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    override({ zodSchema, jsonSchema: node }) {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      // Written for the flag u, which not every editor gives, or against bytes that none takes.
      if (/\\[p0]/.test(node.pattern ?? "")) delete node.pattern;
      const { oneOf, ...rest } = node;
      const long = (oneOf ? { ...rest, anyOf: oneOf } : rest) as JsonSchema;
      const both = shortForms.get(zodSchema)?.(long) ?? long;
      for (const key of Object.keys(node)) delete node[key as keyof typeof node];
      Object.assign(node, both);
    },
  });
  return flattened(json) as JsonSchema;
}

/** `null` as one more form beside the others and under their description, everywhere. */
function flattened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flattened);
  if (typeof value !== "object" || value === null) return value;
  const schema: JsonSchema = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, flattened(part)]),
  );
  const [form, nothing, ...more] = schema.anyOf ?? [];
  const isNullable = nothing?.type === "null" && more.length === 0;
  return isNullable ? either({ ...form, ...schema }, form!, nothing) : schema;
}

/** One of several forms, the long form's description and default standing above them. */
function either(long: JsonSchema, ...forms: JsonSchema[]): JsonSchema {
  const above: JsonSchema = {};
  if (long.description !== undefined) above.description = long.description;
  if (long.default !== undefined) above.default = long.default;
  const bare = forms.map(({ $schema: _s, description: _d, default: _v, ...form }) => form);
  return { ...above, anyOf: bare.flatMap((form) => (isUnion(form) ? (form.anyOf ?? []) : [form])) };
}

const isUnion = (form: JsonSchema) => form.anyOf !== undefined && Object.keys(form).length === 1;

/** The same with some properties not required. */
function optional({ required = [], ...rest }: JsonSchema, names: readonly string[]): JsonSchema {
  const left = required.filter((name) => !names.includes(name));
  return left.length > 0 ? { ...rest, required: left } : rest;
}

/** The same with some properties changed. */
function changed(
  long: JsonSchema,
  names: readonly string[],
  change: (property: JsonSchema) => JsonSchema,
): JsonSchema {
  const properties = Object.entries(long.properties ?? {});
  const after = properties.map(([name, property]) => [
    name,
    names.includes(name) ? change(property) : property,
  ]);
  return { ...long, properties: Object.fromEntries(after) };
}

const plainText: JsonSchema = { type: ["string", "number", "boolean"] };

/** A list of texts in which numbers and booleans may stand unquoted. */
function looseTexts(property: JsonSchema): JsonSchema {
  if (property.anyOf) return { ...property, anyOf: property.anyOf.map(looseTexts) };
  return property.type === "array" ? { ...property, items: plainText } : property;
}

/** A list, or its only element. */
function orOne(property: JsonSchema): JsonSchema {
  const list = property.anyOf?.find(({ type }) => type === "array") ?? property;
  return either(property, list.items as JsonSchema, property);
}

const textsOrOne = (property: JsonSchema) => orOne(looseTexts(property));

/** `accuracy` for `validation.accuracy`. */
const orMetricName = (metric: JsonSchema) => either(metric, metric, { enum: figureNames });

/** Names, or settings by name with true for the usual ones. */
function track(long: JsonSchema): JsonSchema {
  const names = Object.keys(long.properties ?? {});
  const orTrue = changed(long, names, (settings) => either(settings, settings, { type: "boolean" }));
  return either(long, { enum: names }, { type: "array", items: { enum: names } }, orTrue);
}

/** A list for a choice; a choice and a range of numbers without their type. */
function dimension(long: JsonSchema): JsonSchema {
  const typeless = (form: JsonSchema) =>
    optional(form, namesOf(form, "type").includes("int") ? [] : ["type"]);
  return either(long, { type: "array", minItems: 1 }, ...(long.anyOf ?? []).map(typeless));
}

function csvData(long: JsonSchema): JsonSchema {
  const files = changed(long, ["path", "train", "validation", "test"], orOne);
  const texts = changed(changed(files, ["classes"], looseTexts), ["target", "missing_values"], textsOrOne);
  const all = Object.entries(characterNames).reduce((schema, [key, names]) => {
    const orName = (form: JsonSchema) => either(form, form, { enum: Object.keys(names) });
    return changed(schema, [key], orName);
  }, texts);
  const orTrue = changed(all, ["stream"], (stream) => either(stream, stream, { type: "boolean" }));
  return optional(orTrue, ["format", "split"]);
}

function arrayData(long: JsonSchema): JsonSchema {
  return optional(changed(long, ["classes"], looseTexts), ["format", "split"]);
}

/** A name alone, or with options; the default's name may be left out. */
function named(long: JsonSchema, { names = {}, options = {}, defaultName }: Shorthand): JsonSchema {
  const branches = (long.anyOf ?? []).map((branch) => {
    const [name] = namesOf(branch, "name");
    const aliases = Object.keys(names).filter((alias) => names[alias] === name);
    const withAliases = (property: JsonSchema) => either(property, property, { enum: aliases });
    const { properties, ...rest } = aliases.length > 0 ? changed(branch, ["name"], withAliases) : branch;
    const spellings = Object.entries(options).filter(([, option]) => properties?.[option]);
    const others = Object.fromEntries(spellings.map(([alias, option]) => [alias, properties![option]!]));
    const nameless = name === defaultName || name === "file" ? ["name"] : [];
    const all = { ...rest, properties: { ...properties, ...others } };
    return optional(all, [...nameless, ...Object.values(options)]);
  });
  const own = (long.anyOf ?? []).flatMap((branch) => namesOf(branch, "name"));
  return either(long, { enum: [...own, ...Object.keys(names)] }, ...branches);
}

function namesOf(branch: JsonSchema, key: string): string[] {
  const property = branch.properties?.[key];
  return [...(property?.enum ?? [property?.const])].map(String);
}

/** `relu`, `{ linear: 64 }`, `{ type: linear, width: 64 }`. */
function layer(long: JsonSchema, types: readonly string[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const branch of long.anyOf ?? []) {
    const { type: _type, ...options } = branch.properties ?? {};
    for (const type of namesOf(branch, "type")) {
      const main = Object.hasOwn(mainOptions, type)
        ? mainOptions[type as keyof typeof mainOptions]
        : undefined;
      const value = main === undefined ? { type: "null" } : options[main]!;
      const all = { type: "object", properties: options, additionalProperties: false };
      properties[type] =
        Object.keys(options).length > 0 ? either(value, value, { type: "null" }, all) : value;
    }
    for (const [name, option] of Object.entries(options)) properties[name] ??= option;
  }
  const short = { type: "object", properties, additionalProperties: false, minProperties: 1 };
  return either(long, { enum: types }, short, ...(long.anyOf ?? []));
}
