/** The columns that a model takes and what it answers, as rows of a table. */

import type {
  ColumnScaling,
  InputColumn,
  NumberColumn,
  Preprocessing,
  Target,
} from "../../data/preprocessing/preprocessing.ts";
import { columnWidth } from "../../data/preprocessing/preprocessing.ts";
import type { Style } from "../../report/style.ts";
import { type Column, table } from "../../report/table.ts";
import { named, printable } from "../../report/terminal.ts";
import { counted, figure, shape } from "../../report/text.ts";
import { answersOf } from "../../tasks/tasks.ts";

/** More columns than these are counted only. */
const mostColumns = 40;
/** More levels or classes than these are counted only. */
const mostNames = 12;

/** One line per input column: its name, type, what becomes of it, and what of a missing value. */
export function drawInputs({ inputs }: Preprocessing, style: Style, width: number): string[] {
  if (inputs.kind === "array") return [`images ${shape(inputs.shape)}, ${scalingText(inputs.scaling)}`];
  const columns = [
    { title: "column", least: 8 },
    { title: "type" },
    { title: "inputs", align: "right" },
    { title: "how", least: 10 },
  ] as const satisfies Column[];
  const rows = inputs.columns.slice(0, mostColumns).map((column) => {
    return [printable(column.name), column.type, String(columnWidth(column)), howText(column)];
  });
  const more = inputs.columns.length - rows.length;
  return [
    ...table(columns, rows, { width, title: style.dim }),
    ...(more > 0 ? [style.dim(`… and ${counted(more, "more column")}`)] : []),
  ];
}

/** `species: one of setosa, versicolor, virginica`. */
export function targetText(target: Target): string {
  const { names, classes, scalings } = answersOf(target);
  if (classes)
    return names.map((name, t) => `${printable(name)}: one of ${namesText(classes[t]!)}`).join("; ");
  if (scalings)
    return names.map((name, t) => `${printable(name)}: a number, ${scalingText(scalings[t]!)}`).join("; ");
  return `${namesText(names)}: any of these labels`;
}

/** The classes of which a row has one; null where it has none, or several. */
export function onlyClasses(target: Target): readonly string[] | null {
  const { classes } = answersOf(target);
  return classes?.length === 1 ? classes[0]! : null;
}

function howText(column: InputColumn): string {
  if (column.type === "number") {
    const fill = column.fill === null ? "" : `; missing: ${figure(column.fill)}`;
    return `${expansionText(column) ?? scalingText(column.scaling)}${fill}`;
  }
  if (column.type === "boolean") return column.fill === null ? "0 or 1" : `0 or 1; missing: ${column.fill}`;
  if (column.type === "text") {
    const { words, letters, slots, width } = column.texts;
    const parts = [
      ...(words > 0 ? [`runs of ${words} words`] : []),
      ...(letters > 0 ? [`of ${letters} letters`] : []),
    ];
    return `${parts.join(" and ")} at most, up to ${slots} a text; embedded as ${counted(width, "number")}`;
  }
  if (column.type === "date") {
    const fill = column.fill === null ? "" : `; missing: ${new Date(column.fill).toISOString()}`;
    return `its ${column.dates.parts.join(", ")}${fill}`;
  }
  const rare = column.rare.length > 0 ? `; ${counted(column.rare.length, "rare level")}` : "";
  const learnt =
    column.embedding === undefined ? "" : `; embedded as ${counted(column.embedding, "number")} each`;
  return `${namesText(column.levels)}${rare}${learnt}`;
}

function expansionText({ scaling, expansion }: NumberColumn): string | null {
  if (!expansion) return null;
  if (expansion.name === "piecewise_linear")
    return `piecewise linear in ${expansion.edges.length - 1} pieces`;
  return `sine and cosine of ${scalingText(scaling)} at ${expansion.frequencies.length} frequencies`;
}

function scalingText(scaling: ColumnScaling): string {
  if (scaling.name === "quantile_normal")
    return `Φ⁻¹ of its rank among ${scaling.quantiles.length} quantiles`;
  const { name, center, scale } = scaling;
  const x = name === "log" ? "± log(1 + |x|)" : "x";
  if (name === "none") return "unchanged";
  const z = `(${x} − ${figure(center)}) / ${figure(scale)}`;
  return name === "robust_clip" ? `${z}, smoothly into ±3` : z;
}

/** The first dozen names, and how many there are. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(named).join(", ");
  return names.length > mostNames ? `${shown}, … (${names.length} in all)` : shown;
}
