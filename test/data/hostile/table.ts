/** A clean table that a small network can learn, and its texts in a file: what the kinds of hostile tables start from. */
import { uniform } from "../../chance.ts";

/** Cells as they are written, and how a file holds them. */
export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly target: string;
  readonly file: FileForm;
}

export interface FileForm {
  readonly delimiter: string;
  readonly lineEnd: string;
  /** Lines before the header. */
  readonly before: readonly string[];
  readonly hasHeader: boolean;
  /** What becomes of a line of the file: the header's number is 0. */
  readonly line: (text: string, number: number) => string;
  readonly encode: (text: string) => Uint8Array;
}

/** Every column decides: a column that is misread costs accuracy. */
export function cleanTable(rows: number, seed: number): Table {
  const chance = uniform(seed);
  const normal = () => chance() + chance() + chance() + chance() - 2;
  return {
    names: ["amount", "height", "colour", "member", "grade", "y"],
    target: "y",
    file: plainFile,
    rows: Array.from({ length: rows }, () => {
      const [amount, height, grade] = [normal(), normal(), Math.floor(4 * chance())];
      const [colour, member] = [Math.floor(3 * chance()), chance() < 0.5];
      const score =
        1.2 * amount + 1.2 * height + [-0.6, 0, 0.6][colour]! + (member ? 0.4 : -0.4) + 0.4 * (grade - 1.5);
      return [
        (1500 + 700 * amount).toFixed(2),
        (170 + 12 * height).toFixed(1),
        ["red", "green", "blue"][colour]!,
        member ? "Yes" : "No",
        String(1 + grade),
        score > 0 ? "buy" : "leave",
      ];
    }),
  };
}

const plainFile: FileForm = {
  delimiter: ",",
  lineEnd: "\n",
  before: [],
  hasHeader: true,
  line: (text) => text,
  encode: (text) => Buffer.from(text),
};

export function fileOf({ names, rows, file }: Table): Uint8Array {
  const { delimiter, lineEnd, before, hasHeader, line, encode } = file;
  const lines = [...(hasHeader ? [names] : []), ...rows].map((cells, i) =>
    line(cells.map((cell) => quoted(cell, delimiter)).join(delimiter), hasHeader ? i : i + 1),
  );
  return encode([...before, ...lines].map((text) => text + lineEnd).join(""));
}

/** As RFC 4180; a quote in the middle of a cell stands as it is, as many programs write it. */
function quoted(cell: string, delimiter: string): string {
  const needsQuotes = cell.includes(delimiter) || /[\r\n]|^"/.test(cell);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The table with another text in the cells of one column, with blanks around its name or not. */
export function mapColumn(table: Table, name: string, write: (cell: string, row: number) => string): Table {
  const j = table.names.findIndex((own) => own.trim() === name);
  const rows = table.rows.map((cells, row) => cells.with(j, write(cells[j]!, row)));
  return { ...table, rows };
}

/** The table with one column more. */
export function addColumn(
  table: Table,
  name: string,
  write: (row: number) => string,
  at = table.names.length,
): Table {
  const rows = table.rows.map((cells, row) => cells.toSpliced(at, 0, write(row)));
  return { ...table, names: table.names.toSpliced(at, 0, name), rows };
}
