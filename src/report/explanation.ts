/** What an explained model or row looks like: importance as bars or tiles, attributions by size. */
import type { ExplainedModel, ExplainedRow } from "../evaluate/explain.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { printable } from "./terminal.ts";
import { counted, figure } from "./text.ts";

const right = { align: "right" } as const;

type Shown = Omit<ExplainedModel, "warnings">;

export function drawImportance(explained: Shown, style: Style, width: number): string[] {
  const { model, split, rows, metric, value, repeats, across } = explained;
  const head = `${printable(model)}: ${metric} ${figure(value)} on ${counted(rows, `${split} row`)}`;
  const unit = across === null ? "a column's values are" : "a tile's pixels are";
  const told = `How much worse it gets when ${unit} shuffled among the rows, ${repeats === 1 ? "once" : `${repeats} times`}:`;
  return [head, told, "", ...(across === null ? bars : tiles)(explained, style, width)];
}

function bars({ features }: Shown, style: Style, width: number): string[] {
  const ranked = [...features].sort((a, b) => b.mean - a.mean);
  const most = Math.max(...ranked.map(({ mean }) => mean), Number.MIN_VALUE);
  const longest = Math.max(...ranked.map(({ name }) => name.length));
  const room = Math.max(5, Math.min(40, width - Math.min(longest, 30) - 30));
  const columns = [
    { title: "column", least: 10 },
    { title: "importance", ...right },
    { title: "± sd", ...right },
    { title: "", paint: style.accent },
  ];
  const lines = ranked.map(({ name, mean, sd }) => [
    printable(name),
    figure(mean),
    figure(sd),
    "█".repeat(Math.max(0, Math.round((room * mean) / most))),
  ]);
  return table(columns, lines, { width, title: style.dim });
}

/** Tiles where they are in the image; empty where they tell nothing. */
function tiles({ features, across }: Shown, style: Style, width: number): string[] {
  const cells = features.map(({ mean }) => (Math.abs(mean) < 5e-5 ? "·" : mean.toFixed(4)));
  const rows = Array.from({ length: cells.length / across! }, (_, row) =>
    cells.slice(row * across!, (row + 1) * across!),
  );
  return table(
    rows[0]!.map(() => right),
    rows,
    { width, title: style.dim },
  );
}

/** Columns by how much they add; of image rows the sum alone. */
export function drawRows(rows: readonly ExplainedRow[], style: Style, width: number): string[] {
  return rows.flatMap((explained, i) => [...(i > 0 ? [""] : []), ...drawRow(explained, style, width)]);
}

function drawRow(
  { row, of, value, baseline, attributions, error }: ExplainedRow,
  style: Style,
  width: number,
) {
  const head = `row ${row}: ${printable(of)} ${figure(value)}, ${figure(baseline)} for the baseline`;
  const left = `sum ${figure(value - baseline - error)}, off by ${Math.abs(error).toExponential(0)}`;
  if (Array.isArray(attributions)) return [`${head}; pixels add up to it: ${left}`];
  const ranked = Object.entries(attributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const columns = [
    { title: "column", least: 10 },
    { title: "adds", ...right },
  ];
  const lines = ranked.map(([name, part]) => [printable(name), `${part < 0 ? "" : "+"}${figure(part)}`]);
  return [head, ...table(columns, lines, { width, indent: 2, title: style.dim }), style.dim(`  ${left}`)];
}
