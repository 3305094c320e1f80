/** `--to html`: one page that tries the model, without network or server: sliders and lists, or a place to draw. */
import type {
  ColumnScaling,
  InputColumn,
  Preprocessing,
  Scaling,
} from "../data/preprocessing/preprocessing.ts";
import { predictorOf } from "./javascript.ts";
import { scriptJson } from "./plain.ts";
import type { Portable } from "./portable.ts";
import { template } from "./templates.ts";

export function pageOf(portable: Portable, version: string): string {
  const { name, preprocessing } = portable;
  const page = { name, ...controlsOf(preprocessing) };
  const script = `${predictorOf(portable)}
const page = ${scriptJson(page)};
const predict = createPredictor(model, weights);
${template("page.js")}`;
  const parts = {
    "(title)": htmlText(name),
    "/* style */": template("page.css"),
    "(made)": htmlText(`Made by nnt ${version}. Everything is computed in this page; nothing leaves it.`),
    "/* script */": script,
  };
  const places = /\(title\)|\(made\)|\/\* (?:style|script) \*\//g;
  return template("page.html").replaceAll(places, (place) => parts[place as keyof typeof parts]);
}

/** A control of the page: a slider between two numbers, or a list to choose from. */
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
  const { scaling, expansion } = column;
  const [min, max] =
    expansion?.name === "piecewise_linear"
      ? [expansion.edges[0]!, expansion.edges.at(-1)!]
      : rangeOf(scaling);
  const value =
    column.fill !== null && column.fill >= min && column.fill <= max ? column.fill : (min + max) / 2;
  return { name, kind: "number", min, max, value, mayMiss };
}

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
