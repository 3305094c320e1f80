/** Aligned columns of text that fit the width there is. Knows nothing of what is in them. */
import { printable } from "./terminal.ts";
import { cut, padEnd, padStart, widthOf } from "./text.ts";

export interface Column {
  readonly title?: string;
  readonly align?: "right";
  /** May be cut to this width when room is short; the widest such column gives way first. */
  readonly least?: number;
  /** Colours a cell once it has its width. */
  readonly paint?: (text: string) => string;
}

export interface TableOptions {
  readonly width: number;
  readonly indent?: number;
  readonly title?: (text: string) => string;
}

const gap = "  ";

/** One line per row, under a line of titles when any column has one. */
export function table(
  columns: readonly Column[],
  raw: readonly (readonly string[])[],
  { width, indent = 0, title = (text) => text }: TableOptions,
): string[] {
  // Before widths are taken: what is made visible takes room.
  const rows = raw.map((row) => row.map(printable));
  const hasTitles = columns.some((column) => column.title !== undefined);
  const titles = columns.map((column) => printable(column.title ?? ""));
  const widths = fitted(columns, hasTitles ? [titles, ...rows] : rows, width - indent);
  const line = (cells: readonly string[], paint: (text: string, index: number) => string) =>
    (" ".repeat(indent) + cells.map((cell, index) => paint(fitCell(cell, index), index)).join(gap)).trimEnd();
  const fitCell = (cell: string, index: number) => {
    const room = widths[index]!;
    return columns[index]!.align === "right"
      ? padStart(cut(cell, room), room)
      : padEnd(cut(cell, room), room);
  };
  const lines = rows.map((row) => line(row, (text, index) => columns[index]!.paint?.(text) ?? text));
  return hasTitles ? [line(titles, title), ...lines] : lines;
}

/** Facts, one per line: a name, padded, and what is known of it. */
export function facts(
  pairs: readonly (readonly [name: string, value: string])[],
  paint: (text: string) => string = (text) => text,
): string[] {
  const room = Math.max(...pairs.map(([name]) => widthOf(name)));
  return pairs.map(([name, value]) => `${paint(padEnd(name, room))}${gap}${value}`);
}

function fitted(columns: readonly Column[], rows: readonly (readonly string[])[], room: number): number[] {
  const widths = columns.map((_, index) => Math.max(0, ...rows.map((row) => widthOf(row[index] ?? ""))));
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (columns.length - 1));
  for (let excess = total() - room; excess > 0; excess--) {
    const widest = columns.reduce((best, { least }, index) => {
      const canShrink = least !== undefined && widths[index]! > least;
      return canShrink && (best < 0 || widths[index]! > widths[best]!) ? index : best;
    }, -1);
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
}
