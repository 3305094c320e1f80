/**
 * A page that tries a model, by sliders and lists, or a place to draw: `--to html` computes in the page, without network
 * or server; `nnt serve` answers it.
 */
import { Decoder } from "../data/preprocessing/decode.ts";
import {
  type ColumnScaling,
  elementNames,
  type InputColumn,
  type Preprocessing,
  type Scaling,
} from "../data/preprocessing/preprocessing.ts";
import { predictorOf } from "./javascript.ts";
import { scriptJson } from "./plain.ts";
import type { Portable } from "./portable.ts";
import { template } from "./templates.ts";

export function pageOf(portable: Portable, version: string): string {
  const { name, preprocessing } = portable;
  return page(name, {
    made: htmlText(`Made by nnt ${version}. Everything is computed in this page; nothing leaves it.`),
    script: `${predictorOf(portable)}
${controls(name, preprocessing)}
const predict = createPredictor(model, weights);
${template("page.js")}`,
  });
}

/** A page that asks the server that it comes from. */
export function servedPage(name: string, preprocessing: Preprocessing, version: string): string {
  const { inputs } = preprocessing;
  const elements = inputs.kind === "array" ? elementNames(inputs.shape) : null;
  const more = { elements, hasProbabilities: new Decoder(preprocessing).probabilities !== null };
  const address = `/models/${encodeURIComponent(name)}/predict`;
  return page(name, {
    made: `Served by nnt ${htmlText(version)}: POST JSON, JSON Lines or CSV to <code>${htmlText(address)}</code>; <a href="/openapi.json">OpenAPI</a>, <a href="/metrics">metrics</a>.`,
    script: `${controls(name, preprocessing)}
${template("served.js")}
const predict = askServer(${scriptJson({ address, ...more })});
${template("page.js")}`,
  });
}

/** Where to try each of several models. */
export function listPage(names: readonly string[], version: string): string {
  const links = names.map(
    (name) => `<li><a href="/models/${encodeURIComponent(name)}/">${htmlText(name)}</a></li>`,
  );
  return page("Models", {
    made: `Served by nnt ${htmlText(version)}; <a href="/openapi.json">OpenAPI</a>, <a href="/metrics">metrics</a>.`,
    script: "",
    content: `<ul>${links.join("")}</ul>`,
  });
}

function controls(name: string, preprocessing: Preprocessing): string {
  return `const page = ${scriptJson({ name, ...controlsOf(preprocessing) })};`;
}

/** @param parts HTML, and the text of a script */
function page(
  title: string,
  { made, script, content }: { made: string; script: string; content?: string },
): string {
  const parts = {
    "(title)": htmlText(title),
    "/* style */": template("page.css"),
    "<!-- content -->": content ?? template("controls.html"),
    "(made)": made,
    "/* script */": script,
  };
  const places = /\(title\)|\(made\)|<!-- content -->|\/\* (?:style|script) \*\//g;
  return template("page.html").replaceAll(places, (place) => parts[place as keyof typeof parts]);
}

/** A control of the page: a slider between two numbers, a date, or a list to choose from. */
type Field =
  | {
      readonly name: string;
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly value: number;
      readonly mayMiss: boolean;
    }
  | {
      readonly name: string;
      readonly kind: "date";
      /** YYYY-MM-DDThh:mm. */
      readonly value: string;
      readonly mayMiss: boolean;
    }
  | {
      readonly name: string;
      readonly kind: "choice";
      readonly choices: readonly string[];
      readonly mayMiss: boolean;
    };

function controlsOf({ inputs }: Preprocessing) {
  if (inputs.kind === "columns") return { fields: inputs.columns.map(fieldOf) };
  return { shape: inputs.shape, ink: inkOf(inputs.scaling) };
}

function fieldOf(column: InputColumn): Field {
  const { name } = column;
  const mayMiss = column.fill !== null;
  if (column.type === "boolean") return { name, kind: "choice", choices: ["no", "yes"], mayMiss };
  if (column.type === "category") {
    return { name, kind: "choice", choices: [...column.levels, ...column.rare], mayMiss };
  }
  if (column.type === "text") return { name, kind: "choice", choices: [], mayMiss };
  if (column.type === "date") {
    const { first, days } = column.dates;
    const value = column.fill ?? first + days.center * msPerDay;
    return { name, kind: "date", value: new Date(value).toISOString().slice(0, 16), mayMiss };
  }
  const { scaling, expansion } = column;
  const [min, max] =
    expansion?.name === "piecewise_linear"
      ? [expansion.edges[0]!, expansion.edges.at(-1)!]
      : rangeOf(scaling);
  const value =
    column.fill !== null && column.fill >= min && column.fill <= max ? column.fill : (min + max) / 2;
  return { name, kind: "number", min, max, value, mayMiss };
}

const msPerDay = 86_400_000;

/** Most numbers lie within so many standard deviations of the mean; where no scale is known, of 0. */
const deviations = 3;

/** Where a slider begins and ends: the values themselves are not in the model, what scales them is. */
function rangeOf(scaling: ColumnScaling): [min: number, max: number] {
  if (scaling.name === "quantile_normal") return [scaling.quantiles[0] ?? 0, scaling.quantiles.at(-1) ?? 1];
  const { name, center, scale } = scaling;
  if (name === "minmax") return [center, center + scale];
  const ends = [center - deviations * scale, center + deviations * scale] as const;
  if (name !== "log") return [...ends];
  return [unlog(ends[0]), unlog(ends[1])];
}

function unlog(y: number): number {
  return Math.sign(y) * Math.expm1(Math.abs(y));
}

/** The largest values that pixels usually have: shares, the 17 greys of the 8×8 digits, bytes. */
const inks = [1, 16, 255, 65535];

/** The value of a pixel full of ink: the smallest usual one that the pixels' mean and deviation fit under. */
function inkOf({ name, center, scale }: Scaling): number {
  if (name === "minmax") return center + scale;
  if (name === "none") return 255;
  return inks.find((ink) => center + scale <= ink) ?? center + deviations * scale;
}

function htmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
