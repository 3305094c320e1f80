/** What `nnt init` is to write: from the command line, and from answers for what it leaves open if asked to ask. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultMissingValues } from "../../config/schema/missingValues.ts";
import { columnReader } from "../../data/formats/notation.ts";
import { missingColumn } from "../../data/table/cellProblems.ts";
import { type Guessed, readGuessing } from "../../data/table/guessed.ts";
import { readTable, type Table, type TableColumn } from "../../data/table/readTable.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { namesIn } from "../../support/names.ts";
import { ownFile } from "../../support/ownFile.ts";
import { kindOf } from "../inspect/kind.ts";
import { choice, WrongValue } from "../values.ts";
import type { Questions } from "./questions.ts";

export const templates = ["table", "image", "curve"] as const;
export type Template = (typeof templates)[number];

export type Wanted =
  | { readonly template: "image"; readonly folder: string; readonly name: string }
  | {
      readonly template: "table" | "curve";
      readonly file: string;
      /** The file is ours, to be copied beside the spec. */
      readonly isSample: boolean;
      readonly table: Table;
      /** How the file seems to be written. */
      readonly guessed: Guessed;
      /** Per column of numbers, the texts in it that are none: missing values, most likely. */
      readonly words: ReadonlyMap<string, readonly string[]>;
      readonly target: readonly string[];
      readonly name: string;
    };

/** As the command line has it. */
interface Given {
  /** Empty: not given. */
  readonly data: string;
  /** As `namesIn` takes it apart. */
  readonly target: string | null;
  readonly template: Template | null;
}

/** Tables to try a template with: they come with nnt. */
const samples = {
  table: { file: "houses.csv", target: "price" },
  curve: { file: "curve.csv", target: "y" },
} as const;

const imageFolder = "data/mnist";

/** `questions` null: nothing is asked. Throws UserError: usage, io, data. */
export async function wantedOf(given: Given, questions: Questions | null): Promise<Wanted> {
  const template = await templateOf(given, questions);
  if (template === "image") {
    if (given.target !== null) throw targetOfImages();
    const folder = questions && given.data === "" ? await askFolder(questions) : given.data || imageFolder;
    const path = isFile(folder) ? dirname(folder) : folder;
    return { template, folder: path, name: nameOf(basename(path)) };
  }
  const file = questions && given.data === "" ? await askFile(questions) : given.data;
  const sample = file === "" ? samples[template] : null;
  const path = sample ? fileURLToPath(ownFile(`data/${sample.file}`)) : file;
  const { table, guessed, words } = await readNumbers(path);
  const target = given.target ?? sample?.target ?? (questions && (await askTarget(table, file, questions)));
  const name = nameOf(basename(path));
  return {
    template,
    file: path,
    isSample: sample !== null,
    table,
    guessed,
    words,
    target: checked(target, table, path),
    name,
  };
}

function targetOfImages(): UserError {
  return new UserError(exitCodes.usage, {
    message: "--target: images have no columns, their labels are in a file of their own",
    expected: "--target only for a table or a curve",
  });
}

async function templateOf({ template, data }: Given, questions: Questions | null): Promise<Template> {
  if (template !== null) return template;
  if (data !== "") {
    const isImages = existsSync(data) && (statSync(data).isDirectory() || (await kindOf(data)) === "array");
    return isImages ? "image" : "table";
  }
  if (questions) return questions.ask(`What is it: ${templates.join(", ")}?`, "table", asTemplate);
  throw new UserError(exitCodes.usage, {
    message: "init: no data to write a spec for",
    expected: "a table or a folder of images, --template to try one, or --interactive to be asked",
    hint: "nnt init data.csv --target COLUMN",
  });
}

function asTemplate(answer: string): Template {
  try {
    return choice("NAME", templates).parse(answer);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    const { expected, hint } = error;
    throw new UserError(exitCodes.usage, { message: `"${answer}" is not a template`, expected, hint });
  }
}

function askFolder(questions: Questions): Promise<string> {
  return questions.ask("Folder with the IDX files?", imageFolder, (answer) => answer);
}

function askFile(questions: Questions): Promise<string> {
  return questions.ask("File with the rows (leave empty for a sample to try)?", "", async (answer) => {
    if (answer !== "") await readGuessing(answer, asFound);
    return answer;
  });
}

function askTarget(table: Table, file: string, questions: Questions): Promise<string> {
  const names = table.header.slice(0, 40).join(", ");
  return questions.ask(`Column to predict, of ${names}?`, table.header.at(-1)!, (answer) => {
    checked(answer, table, file);
    return answer;
  });
}

const asFound = { kind: null, missing: defaultMissingValues, isFree: true };

/** A column of numbers may hold this many words that are none, and at most this share of its different values. */
const mostWords = 3;
const mostWordShare = 0.2;

/** The table of a file, a few words among numbers taken for missing values. */
async function readNumbers(
  file: string,
): Promise<Pick<Wanted & { template: "table" }, "table" | "guessed" | "words">> {
  const guessed = await readGuessing(file, asFound);
  const { table, written } = guessed;
  const found = table.columns.map((column) => {
    const read = columnReader(written, column.name);
    return [column.name, wordsAmongNumbers(column, (text) => !Number.isNaN(read(text)))] as const;
  });
  const words = new Map(found.filter(([, texts]) => texts.length > 0));
  if (words.size === 0) return { table, guessed, words };
  const missing = (name: string) => [...defaultMissingValues, ...(words.get(name) ?? [])];
  const readings = (header: readonly string[]) =>
    header.map((name) => ({ ...asFound, missing: missing(name) }));
  return { table: await readTable([file], written, readings), guessed, words };
}

function wordsAmongNumbers(
  { levels, isMissing }: TableColumn,
  isNumber: (text: string) => boolean,
): readonly string[] {
  const present = levels.filter((_, number) => !isMissing[number]);
  const words = present.filter((level) => !isNumber(level));
  return words.length <= mostWords && words.length < mostWordShare * present.length ? words : [];
}

function checked(written: string | null, { header }: Table, file: string): readonly string[] {
  if (written === null) {
    throw new UserError(exitCodes.usage, {
      message: "init: --target is missing",
      expected: `the column to predict, one of ${header.slice(0, 40).join(", ")}`,
    });
  }
  const target = namesIn(written, header);
  const absent = target.filter((name) => !header.includes(name));
  if (absent.length === 0) return target;
  throw new UserError(
    exitCodes.data,
    absent.map((name) => missingColumn(name, header, file)),
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The file's name without endings, fit for a folder. */
/** Of a spec's name, which is a folder's. */
const mostOfName = 100;

function nameOf(file: string): string {
  const stem = file.replace(/(\.[a-z]+)?(\.(?:gz|zst))?$/i, "");
  const plain = stem.replace(/[^\p{L}\p{N}_-]+/gu, "-").slice(0, mostOfName);
  return plain.replace(/^-+|-+$/g, "") || "model";
}
