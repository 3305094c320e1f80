/** What a CSV file holds: its columns as training would take them, and its first records. */
import { defaultMissingValues } from "../../config/schema/missingValues.ts";
import type { Written } from "../../data/formats/notation.ts";
import { openRows } from "../../data/formats/rows.ts";
import { readGuessing } from "../../data/table/guessed.ts";
import { columnOf, type Table, type TableColumn } from "../../data/table/readTable.ts";
import { inferType } from "../../data/table/roles.ts";
import { range } from "../../data/table/statistics.ts";
import { notice } from "../../report/notice.ts";
import type { Style } from "../../report/style.ts";
import { type Column, table as drawTable } from "../../report/table.ts";
import { printable } from "../../report/terminal.ts";
import { count, counted } from "../../report/text.ts";
import type { Inspected } from "./kind.ts";
import { namesText } from "./modelColumns.ts";

const asFound = { kind: null, missing: defaultMissingValues, isFree: true };

/** With the first `head` records unless that is null. Throws UserError(data) with what is wrong in the file. */
export async function inspectTable(file: string, head: number | null): Promise<Inspected> {
  const { table, written, notes } = await readGuessing(file, asFound);
  const records = await firstRecords(file, written, head ?? 0);
  const columns = table.columns.map((column) => ({
    name: column.name,
    type: inferType(column, table.rows).type,
    missing: column.missing,
  }));
  const json = { kind: "table", file, delimiter: table.delimiter, columns, rows: table.rows };
  return {
    json: head !== null ? { ...json, head: records } : json,
    draw: (style, width) => [
      style.bold(`${counted(table.rows, "row")}, ${counted(columns.length, "column")}`),
      ...[...table.notes, ...notes].map((note) => notice("note", note, style)),
      "",
      ...drawColumns(table, style, width),
      ...(records.length > 0 ? ["", ...drawRecords(table.header, records, style, width)] : []),
    ],
  };
}

/** The fields of the first records as texts; fewer if the file has fewer. */
async function firstRecords(file: string, written: Written, wanted: number): Promise<string[][]> {
  const records: string[][] = [];
  if (wanted === 0) return records;
  for await (const batch of openRows(file, written)) {
    for (let row = 0; row < batch.count && records.length < wanted; row++) {
      records.push(batch.header.map((_, field) => batch.text(row, field)));
    }
    if (records.length === wanted) break;
  }
  return records;
}

function drawColumns(table: Table, style: Style, width: number): string[] {
  const columns = [
    { title: "column", least: 8 },
    { title: "type" },
    { title: "missing", align: "right" },
    { title: "values", least: 10 },
  ] as const satisfies Column[];
  const rows = table.columns.map((column, index) => [
    printable(column.name),
    inferType(column, table.rows).type,
    column.missing > 0 ? count(column.missing) : "",
    valuesText(table, column, index),
  ]);
  return drawTable(columns, rows, { width, title: style.dim });
}

function valuesText(table: Table, column: TableColumn, index: number): string {
  if (column.missing === table.rows) return "";
  if (column.kind === "text") return namesText(column.levels.filter((level) => !isMissing.has(level)));
  const { min, max } = range(columnOf(table, index).filter((value) => !Number.isNaN(value)));
  return `${short(min)} … ${short(max)}`;
}

const isMissing = new Set(defaultMissingValues);

/** As many digits as a 32-bit float is sure of. */
const short = (value: number) => String(Number(value.toPrecision(6)));

function drawRecords(header: readonly string[], records: string[][], style: Style, width: number): string[] {
  const columns = header.map((name) => ({ title: printable(name), least: 3 }));
  return drawTable(
    columns,
    records.map((record) => record.map(printable)),
    { width, title: style.dim },
  );
}
