/** What the columns of a table hold, a line each: type, missing and different values, range, histogram. */
import type { ColumnProfile } from "../../data/table/profile.ts";
import type { Style } from "../../report/style.ts";
import { type Column, table } from "../../report/table.ts";
import { named, printable } from "../../report/terminal.ts";
import { count, counted } from "../../report/text.ts";

/** More columns than these are counted only. */
const mostColumns = 40;

export function drawProfile(profile: readonly ColumnProfile[], style: Style, width: number): string[] {
  const columns = [
    { title: "data", least: 8 },
    { title: "type" },
    { title: "missing", align: "right" },
    { title: "distinct", align: "right" },
    { title: "histogram", least: 10 },
    { title: "values", least: 10 },
  ] as const satisfies Column[];
  const rows = profile.slice(0, mostColumns).map((column) => {
    const { name, type, missing, distinct, distinctIsLeast } = column;
    const different = `${distinctIsLeast ? "≥ " : ""}${count(distinct)}`;
    const histogram = column.numbers ? bars(column.numbers.histogram) : "";
    return [
      printable(name),
      type,
      missing > 0 ? count(missing) : "",
      different,
      histogram,
      rangeText(column),
    ];
  });
  const more = profile.length - rows.length;
  return [
    ...table(columns, rows, { width, title: style.dim }),
    ...(more > 0 ? [style.dim(`… and ${counted(more, "more column")}`)] : []),
  ];
}

/** `-4.5 … 100, mean 3.2`, or the most frequent texts with their rows. */
export function rangeText({ numbers, top, distinct }: ColumnProfile): string {
  if (numbers) return `${short(numbers.min)} … ${short(numbers.max)}, mean ${short(numbers.mean)}`;
  const told = (top ?? []).map(({ text, rows }) => `${named(text)} ${count(rows)}`).join(", ");
  return distinct > (top?.length ?? 0) ? `${told}, …` : told;
}

const steps = "▁▂▃▄▅▆▇█";

/** A bar per count; a blank for none. */
function bars(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts.map((one) => (one === 0 ? " " : steps[Math.min(7, Math.floor((8 * one) / most))]!)).join("");
}

const short = (value: number) => String(Number(value.toPrecision(4)));
