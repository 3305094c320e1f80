/** What a request asks for: which model, and how it wants the answers. Knows not how they are made. */
import type { RowFormat } from "../../support/fileFormats.ts";
import { nearest } from "../../support/nearest.ts";
import { choice, integer, share, type Value, WrongValue } from "../values.ts";
import { Refusal } from "./replies.ts";

/** How rows and answers may come, the first type being the one that answers are sent as. */
const types = {
  json: ["application/json", "text/json"],
  jsonl: [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/jsonlines",
  ],
  csv: ["text/csv"],
  tsv: ["text/tab-separated-values"],
} as const satisfies Record<string, readonly string[]>;

export type BodyFormat = keyof typeof types;

const formatsByType = new Map<string, BodyFormat>(
  Object.entries(types).flatMap(([format, names]) => names.map((name) => [name, format as BodyFormat])),
);

/** As predict writes them: an array of JSON is lines with brackets around. */
export const rowFormats = {
  json: "jsonl",
  jsonl: "jsonl",
  csv: "csv",
  tsv: "tsv",
} as const satisfies Record<BodyFormat, RowFormat>;

export function typeOf(format: BodyFormat): string {
  return types[format][0];
}

/** The format of a body. @throws Refusal(415) */
export function formatOfBody(type: string | undefined, encoding: string | undefined): BodyFormat {
  const format = type === undefined ? "json" : formatsByType.get(withoutParameters(type));
  if (format === undefined)
    throw new Refusal(415, {
      message: `rows cannot be read from ${withoutParameters(type!)}`,
      expected: Object.values(types)
        .map(([name]) => name)
        .join(", "),
      hint: "with curl: -H 'content-type: application/json'",
    });
  // What is answered as it comes is inflated where it begins as gzip does.
  if (encoding !== undefined && encoding !== "identity" && !(encoding === "gzip" && format !== "json"))
    throw new Refusal(415, {
      message: `the body's encoding is ${encoding}`,
      expected: "none, or gzip of CSV and JSON Lines",
    });
  return format;
}

/** The format of answers: the first that is asked for and known, else that of the rows. */
export function formatOfAnswers(accept: string | undefined, rows: BodyFormat): BodyFormat {
  if (accept === undefined || accept === "*/*") return rows;
  for (const type of accept.split(",")) {
    const format = formatsByType.get(withoutParameters(type));
    if (format !== undefined) return format;
  }
  return rows;
}

function withoutParameters(type: string): string {
  const end = type.indexOf(";");
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

export interface Wishes {
  readonly proba: boolean;
  readonly topK: number;
  readonly interval: number | null;
  readonly keep: string | null;
  readonly onError: "fail" | "skip" | "record";
}

export interface Route {
  /** null: the only one there is. */
  readonly model: string | null;
  /** What of it, or of the server, such as `predict`; "" for a page. */
  readonly what: string;
  readonly query: URLSearchParams;
}

/** @throws Refusal(404) for an address that is none */
export function routeOf(url: string): Route {
  let parsed: URL;
  try {
    parsed = new URL(url, "http://localhost");
    const [, name, what = "model"] = /^\/models\/([^/]+)(?:\/([^/]*))?$/.exec(parsed.pathname) ?? [];
    if (name !== undefined) return { model: decodeURIComponent(name), what, query: parsed.searchParams };
  } catch {
    throw new Refusal(404, { message: "no such address" });
  }
  return { model: null, what: parsed.pathname.slice(1), query: parsed.searchParams };
}

const switched: Value<boolean> = {
  placeholder: "true|false",
  parse: (text) => ["", "true", "1"].includes(text) || choice("", ["true", "false"]).parse(text) === "true",
};
const text: Value<string> = { placeholder: "COLS|all", parse: (written) => written };

/** The options of `nnt predict`, by the names that the query has. */
const parameters = {
  proba: switched,
  top_k: integer("N", 1),
  interval: share("P"),
  keep: text,
  on_error: choice("HOW", ["fail", "skip", "record"]),
} as const;

/** @throws Refusal(400) for every parameter that is unknown or has a wrong value */
export function wishesOf(query: URLSearchParams): Wishes {
  const problems: { message: string; expected: string; hint?: string | undefined }[] = [];
  const given: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (!Object.hasOwn(parameters, name)) {
      const names = Object.keys(parameters);
      const guess = nearest(name, names);
      const hint = guess && `did you mean ${guess}?`;
      problems.push({
        message: `unknown parameter ${JSON.stringify(name)}`,
        expected: names.join(", "),
        hint,
      });
      continue;
    }
    try {
      given[name] = parameters[name as keyof typeof parameters].parse(value);
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      const { expected, hint } = error;
      problems.push({ message: `${name} is ${JSON.stringify(value)}`, expected, hint });
    }
  }
  if (problems.length > 0) throw new Refusal(400, problems);
  return {
    proba: given.proba === true,
    topK: (given.top_k as number | undefined) ?? 0,
    interval: (given.interval as number | undefined) ?? null,
    keep: (given.keep as string | undefined) || null,
    onError: (given.on_error as Wishes["onError"] | undefined) ?? "fail",
  };
}
