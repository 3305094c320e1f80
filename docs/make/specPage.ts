/** The reference of the spec, from its JSON Schema. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** `` `optimizer`: `name: sgd` ``. */
function titleOf(path: string, tag: string, { properties = {} }: Schema): string {
  const values = constantsOf(properties[tag]).map((value) => code(`${tag}: ${value}`));
  return `\`${path}\`: ${values.join(" or ")}`;
}

const ownKeys = "keys of its own";

/** What tells the variants of a section apart. */
const tags = ["name", "type", "method", "format"] as const;

export function specPage({ properties = {} }: Schema): string {
  const top = Object.entries(properties).map(([key, schema]) => [`## \`${key}\``, ...section(key, schema)]);
  return ["# The spec", "One YAML or JSON file. Every key that can stand in it:", ...top.flat()].join("\n\n");
}

/** A sentence, a table of the keys below `path`, and one for each variant. */
function section(path: string, schema: Schema): string[] {
  const type = typeOf(schema);
  const takes = type !== "" && type !== ownKeys ? `Takes ${type}.` : "";
  const head = [schema.description, takes, defaultOf(schema)];
  const variants = objectsOf(schema);
  const tables = variants.flatMap((variant) => {
    const tag = tagOf(variant);
    const rows = rowsOf(variant, variants.length > 1 ? "" : `${path}.`, tag);
    const title = tag && variants.length > 1 ? `### ${titleOf(path, tag, variant)}` : "";
    const about = tag ? variant.properties![tag]!.description : undefined;
    return [title, about, rows.length > 0 ? table(rows) : title && "No keys of its own."];
  });
  return [...head, ...tables].filter((part): part is string => Boolean(part));
}

function rowsOf({ properties = {}, required = [] }: Schema, prefix: string, tag: string | null): string[][] {
  return Object.entries(properties)
    .filter(([key]) => key !== tag)
    .flatMap(([key, schema]) => {
      const fallback = required.includes(key)
        ? "required"
        : schema.default === undefined
          ? ""
          : code(schema.default);
      const own = [code(`${prefix}${key}`), typeOf(schema), fallback, schema.description ?? ""];
      return [own, ...inner(schema, `${prefix}${key}.`)];
    });
}

/** The keys of an object within, by their paths; of one object, or of variants that have a tag. */
function inner(schema: Schema, prefix: string): string[][] {
  const entries = typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
  const below = entries.flatMap((entry) => inner(entry, `${prefix}*.`));
  const seen = new Set<string>();
  const rows = objectsOf(schema).flatMap((variant) => rowsOf(variant, prefix, null));
  return [...rows, ...below].filter(([key = "", type]) => !seen.has(key + type) && seen.add(key + type));
}

/** The objects that a value can be; short forms without a tag are left out where others have one. */
function objectsOf({ anyOf, items, ...schema }: Schema): Schema[] {
  if (items) return objectsOf(items);
  if (!anyOf) return schema.properties ? [schema] : [];
  const all = anyOf.flatMap(objectsOf);
  const tagged = all.filter((one) => tagOf(one) !== null);
  return tagged.length > 0 ? tagged : all;
}

function tagOf({ properties = {} }: Schema): string | null {
  return tags.find((tag) => constantsOf(properties[tag]).length > 0) ?? null;
}

/** The fixed values that can be written; none where others can, too. */
function constantsOf(schema: Schema = {}): readonly unknown[] {
  if (schema.const !== undefined) return [schema.const];
  const inner = schema.anyOf?.map(constantsOf) ?? [];
  return schema.enum ?? (inner.every((one) => one.length > 0) ? inner.flat() : []);
}

/** What can be written, in words. */
function typeOf({ anyOf, items, properties, additionalProperties, type, ...schema }: Schema): string {
  if (schema.const !== undefined || schema.enum) return constantsOf(schema).map(code).join(", ");
  if (anyOf) return [...new Set(anyOf.map(typeOf))].filter((one) => one !== "").join(" or ");
  if (items) return `a list of ${typeOf(items) || "values"}`;
  if (properties || typeof additionalProperties === "object") return ownKeys;
  const bounds = [
    ["≥", schema.minimum],
    ["≤", schema.maximum],
    [">", schema.exclusiveMinimum],
    ["<", schema.exclusiveMaximum],
  ].flatMap(([sign, bound]) =>
    bound === undefined || Math.abs(Number(bound)) > 1e15 ? [] : [`${sign} ${bound}`],
  );
  const words: Record<string, string> = { integer: "whole number", string: "text", null: "`null`" };
  const word = [type ?? []]
    .flat()
    .map((one) => words[one] ?? one)
    .join(" or ");
  return [word, ...bounds].join(" ").trim();
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined ? "" : `Default: ${code(schema.default)}.`;
}

function table(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(["key", "takes", "default", "what it does"]), "|---|---|---|---|", ...rows.map(line)].join(
    "\n",
  );
}

function code(value: unknown): string {
  const isPlain = typeof value === "string" && !/^$|[\t\n]/.test(value);
  return `\`${isPlain ? value : JSON.stringify(value)}\``;
}
