/**
 * Kinds of tables as people really have them, one row each: what it does to a table. The same is done to the rows that
 * are trained on and to those that are measured.
 */
import { addColumn, mapColumn, type Table } from "./table.ts";

/** `chance`: numbers in [0, 1), the same for a kind in every table. */
type Kind = (table: Table, chance: () => number) => Table;

const grouped = (cell: string) => Number(cell).toLocaleString("en-US", { minimumFractionDigits: 2 });
const day = (row: number) => new Date(Date.UTC(2020, 0, 1 + ((row * 37) % 700)));
const iso = (row: number) => day(row).toISOString().slice(0, 10);
const withFile = (table: Table, file: Partial<Table["file"]>): Table => ({
  ...table,
  file: { ...table.file, ...file },
});
/** Words for a missing value in some cells. */
const missingAs =
  (words: readonly string[], share: number): Kind =>
  (table, chance) =>
    mapColumn(table, "height", (cell) =>
      chance() < share ? words[Math.floor(words.length * chance())]! : cell,
    );
/** As any kind before has written it. */
const isBuy = (label: string) => ["buy", "9007199254740992"].includes(label.trim().toLowerCase());
const rename =
  (from: string, to: string): Kind =>
  (table) => ({ ...table, names: table.names.map((name) => (name === from ? to : name)) });

export const kinds = {
  // Rows.
  "rows in another order": (table) => ({
    ...table,
    rows: table.rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
  }),
  "rows that stand there twice": (table) => ({ ...table, rows: [...table.rows, ...table.rows.slice(0, 20)] }),

  // Columns beside the others.
  "an index without a name": (table) => addColumn(table, "", (row) => String(row), 0),
  "a column that counts": (table) => addColumn(table, "id", (row) => String(1000 + row), 0),
  "a constant column": (table) => addColumn(table, "country", () => "CH"),
  "an empty column": (table) => addColumn(table, "remark", () => ""),
  "ids beyond 2^53": (table) => addColumn(table, "ticket", (row) => `90071992547409${93000 + row}`),
  dates: (table) => addColumn(table, "when", iso),
  "dates in several notations": (table) =>
    addColumn(table, "when", (row) => (row % 3 === 0 ? iso(row).split("-").reverse().join(".") : iso(row))),
  "seconds since 1970": (table) => addColumn(table, "when", (row) => String(day(row).getTime() / 1000)),
  "notes with quotes": (table) => addColumn(table, "note", (row) => `${row % 3}" pipe, 37°36'${row % 4}.8"N`),
  "notes of several lines": (table) => addColumn(table, "note", (row) => `first ${row % 5}\nsecond`),

  // Notations of numbers.
  currency: (table) => mapColumn(table, "amount", (cell) => `$${grouped(cell)}`),
  thousands: (table) => mapColumn(table, "amount", grouped),
  "decimal commas": (table) => mapColumn(table, "height", (cell) => cell.replace(".", ",")),
  "a unit": (table) => mapColumn(table, "height", (cell) => `${cell} cm`),
  percent: (table) => mapColumn(table, "grade", (cell) => `${25 * Number(cell)}%`),
  "thousands as k": (table) => mapColumn(table, "amount", (cell) => `${Number(cell) / 1000}k`),
  "an offset of 1.6e9": (table) => mapColumn(table, "height", (cell) => (1.6e9 + Number(cell)).toFixed(1)),
  exponents: (table) => mapColumn(table, "amount", (cell) => Number(cell).toExponential()),
  "blanks around numbers": (table) =>
    mapColumn(table, "amount", (cell, row) => (row % 2 ? ` ${cell} ` : cell)),
  "1 and 1.0": (table) => mapColumn(table, "grade", (cell, row) => (row % 2 ? `${cell}.0` : cell)),

  // Missing values.
  "words for missing": missingAs(["NULL", "None", "n/a", "#N/A", "<NA>", "-", "NaN", ""], 0.05),
  "unknown words for missing": missingAs(["unbekannt", "?"], 0.04),
  "infinite numbers": missingAs(["inf", "-inf"], 0.02),
  "-999 for missing": missingAs(["-999"], 0.05),

  // Spellings.
  "levels in several spellings": (table) =>
    mapColumn(table, "colour", (cell, row) => [cell, cell.toUpperCase(), `${cell} `][row % 3]!),
  "labels in several spellings": (table) =>
    mapColumn(
      table,
      "y",
      (cell, row) => [cell, `${cell[0]!.toUpperCase()}${cell.slice(1)}`, ` ${cell}`][row % 3]!,
    ),
  "yes and no in many spellings": (table) =>
    mapColumn(table, "member", (cell, row) =>
      cell === "Yes" ? ["Yes", "y", "TRUE", "1"][row % 4]! : ["No", "n", "FALSE", "0"][row % 4]!,
    ),
  "labels beyond 2^53": (table) =>
    mapColumn(table, "y", (cell) => (isBuy(cell) ? "9007199254740992" : "9007199254740993")),
  "labels 0 and 1": (table) => mapColumn(table, "y", (cell) => (isBuy(cell) ? "1" : "0")),

  // Names.
  "names with commas, lines and dots": (table) =>
    [rename("amount", "amount, 1-10"), rename("height", "body.height"), rename("grade", "the\ngrade")].reduce(
      (changed, kind) => kind(changed, Math.random),
      table,
    ),
  "two columns of one name": (table) =>
    addColumn(
      addColumn(table, "x", (row) => String(row % 9)),
      "x",
      (row) => String(row % 5),
    ),
  "a name that objects have": rename("grade", "__proto__"),
  "names with blanks": rename("colour", " colour "),

  // Files.
  semicolons: (table) => withFile(table, { delimiter: ";" }),
  tabs: (table) => withFile(table, { delimiter: "\t" }),
  "a line that names the delimiter": (table) => withFile(table, { delimiter: ";", before: ["sep=;"] }),
  "delimiters at the ends of lines": (table) => {
    const { line, delimiter } = table.file;
    return withFile(table, { line: (text, number) => `${line(text, number)}${delimiter}` });
  },
  "blank lines": (table) => {
    const { line, lineEnd } = table.file;
    return withFile(table, {
      line: (text, number) => line(text, number) + (number % 50 === 7 ? lineEnd : ""),
    });
  },
  "comments at the top": (table) =>
    withFile(table, { before: ["# made by a machine", "# units: CHF, cm", ...table.file.before] }),
  "no header": (table) => withFile(table, { hasHeader: false }),
  "ends of lines as of Windows": (table) => withFile(table, { lineEnd: "\r\n" }),
  "a byte order mark": (table) =>
    withFile(table, {
      encode: (text) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), table.file.encode(text)]),
    }),
  "UTF-16": (table) => withFile(table, { encode: (text) => Buffer.from(`\ufeff${text}`, "utf16le") }),
  "the bytes of cp1252": (table) =>
    withFile(
      mapColumn(table, "colour", (cell) => cell.replace("green", "grün")),
      {
        encode: (text) => Buffer.from(text, "latin1"),
      },
    ),
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
