/**
 * Whether a value of JSON is what a JSON Schema asks for, with the defaults filled in. As strict as zod, from which the
 * schema is written, without the time that zod takes to load; it knows the keywords that nnt's schemas have, and no others.
 */
import type { JsonSchema } from "./jsonSchema.ts";
import type { Path } from "./paths.ts";

/** What conforms, or where and why it does not. */
export type Conformed = { readonly value: unknown } | { readonly path: Path; readonly expected: string };

/** Objects take the named properties only, and are made anew; other values are the ones given. */
export function conform(schema: JsonSchema, value: unknown): Conformed {
  if (schema.anyOf) return conformToAny(schema.anyOf, value);
  if (schema.oneOf) return conformToMeant(schema.oneOf as readonly JsonSchema[], value);
  if ("const" in schema && value !== schema.const) return misfit(`${schema.const}`);
  if (schema.enum && !schema.enum.includes(value)) return misfit(`one of ${schema.enum.join(", ")}`);
  const kinds = [schema.type ?? []].flat().map((name) => types[name as TypeName]);
  if (kinds.length > 0 && !kinds.some(({ is }) => is(value)))
    return misfit(kinds.map(({ words }) => words).join(" or "));
  if (typeof value === "number") return conformNumber(schema, value);
  if (typeof value === "string") return conformText(schema, value);
  if (Array.isArray(value)) return conformList(schema, value);
  return isObject(value) ? conformObject(schema, value) : { value };
}

type TypeName = keyof typeof types;

const types = {
  null: { is: (value: unknown) => value === null, words: "null" },
  boolean: { is: (value: unknown) => typeof value === "boolean", words: "true or false" },
  number: { is: Number.isFinite, words: "a number" },
  integer: { is: Number.isInteger, words: "a whole number" },
  string: { is: (value: unknown) => typeof value === "string", words: "a text" },
  array: { is: Array.isArray, words: "a list" },
  object: { is: isObject, words: "a mapping" },
} as const;

/** Forms that exclude each other are told apart by their first key, such as `type`. */
function conformToMeant(forms: readonly JsonSchema[], value: unknown): Conformed {
  if (!isObject(value)) return misfit("a mapping");
  let key = "";
  for (const form of forms) {
    const [first] = Object.entries(form.properties ?? {});
    key = first![0];
    if (Object.hasOwn(value, key) && "value" in conform(first![1], value[key])) return conform(form, value);
  }
  return within(key, misfit("a known name"));
}

/** The first form that fits; where none does, what is wrong with the one that fits furthest. */
function conformToAny(forms: readonly JsonSchema[], value: unknown): Conformed {
  let nearest = misfit("");
  for (const form of forms) {
    const found = conform(form, value);
    if ("value" in found) return found;
    if (nearest.expected === "" || found.path.length > nearest.path.length) nearest = found;
  }
  return nearest;
}

interface Limits {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

function conformNumber(schema: JsonSchema, value: number): Conformed {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Limits;
  if (minimum !== undefined && value < minimum) return misfit(`a number of at least ${minimum}`);
  if (maximum !== undefined && value > maximum) return misfit(`a number of at most ${maximum}`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return misfit(`a number above ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return misfit(`a number below ${exclusiveMaximum}`);
  return { value };
}

function conformText(schema: JsonSchema, value: string): Conformed {
  const { minLength = 0, pattern } = schema as Limits;
  if (value.length < minLength) return misfit("some text");
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) return misfit("another text");
  return { value };
}

function conformList(schema: JsonSchema, value: readonly unknown[]): Conformed {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as Limits;
  if (value.length < minItems) return misfit(`a list of at least ${minItems}`);
  if (value.length > maxItems) return misfit(`a list of at most ${maxItems}`);
  const { items } = schema;
  const found: unknown[] = [];
  for (const [index, item] of value.entries()) {
    const form = Array.isArray(items) ? (items[index] as JsonSchema) : (items as JsonSchema);
    const inner = conform(form, item);
    if (!("value" in inner)) return within(index, inner);
    found.push(inner.value);
  }
  return { value: found };
}

function conformObject(schema: JsonSchema, value: Readonly<Record<string, unknown>>): Conformed {
  const { properties = {}, required = [], additionalProperties } = schema;
  const found: [name: string, value: unknown][] = [];
  for (const [name, form] of Object.entries(properties)) {
    if (Object.hasOwn(value, name)) {
      const inner = conform(form, value[name]);
      if (!("value" in inner)) return within(name, inner);
      found.push([name, inner.value]);
    } else if ("default" in form) found.push([name, form.default]);
    else if (required.includes(name)) return within(name, misfit("a value"));
  }
  for (const [name, item] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) continue;
    if (!isObject(additionalProperties)) return within(name, misfit("no such key"));
    const inner = conform(additionalProperties, item);
    if (!("value" in inner)) return within(name, inner);
    found.push([name, inner.value]);
  }
  return { value: Object.fromEntries(found) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Misfit = Exclude<Conformed, { readonly value: unknown }>;

const misfit = (expected: string): Misfit => ({ path: [], expected });

function within(key: string | number, { path, expected }: Misfit): Misfit {
  return { path: [key, ...path], expected };
}
