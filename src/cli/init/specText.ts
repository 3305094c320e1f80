/** The text of a spec for a table: what its columns tell, with the figures that told it as comments. */
import type { Guessed } from "../../data/table/guessed.ts";
import { booleanOf } from "../../data/table/labels.ts";
import {
  areLongIds,
  type ColumnProfile,
  countingTurns,
  countsRows,
  rareRows,
} from "../../data/table/profile.ts";
import { areProse } from "../../data/table/prose.ts";
import { columnOf, type Table, type TableColumn } from "../../data/table/readTable.ts";
import { count, counted } from "../../report/text.ts";
import { exitCodes, quoted, UserError } from "../../support/errors.ts";
import { formatNamed } from "../../support/fileFormats.ts";
import { type TaskName, taskOf } from "../../tasks/tasks.ts";
import { rangeText } from "../inspect/columnProfiles.ts";
import { type Dates, datesIn, dayMonth } from "./dates.ts";
import { type Effort, recipeLine, recipeTraining, textTraining } from "./efforts.ts";
import { requireClasses, requireInput } from "./hopeless.ts";
import { aligned, key, opening } from "./lines.ts";

export interface Described {
  readonly effort: Effort;
  /** Where the values alone do not say it. */
  readonly task: "classification" | "regression" | null;
  /** A curve is a regression on few numbers, by a sum of sigmoids. */
  readonly template: "table" | "curve";
  readonly name: string;
  /** Of the data, as seen from the spec. */
  readonly path: string;
  /** What to call the spec on the command line. */
  readonly command: string;
  readonly target: readonly string[];
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly values: Table;
  readonly guessed: Guessed;
  /** Per column of numbers, the texts in it that are none. */
  readonly words: ReadonlyMap<string, readonly string[]>;
}

/** More distinct whole numbers than these are a quantity, as when a spec is read. */
const mostClasses = 20;
/** A class or label with more than this share needs weights to be learnt. */
const imbalance = 0.8;
/** A column whose largest value is this many times its median is scaled by magnitude. */
const skewed = 50;
/**
 * A share of missing values, and so many of them, from which on it is worth an input of its own: of 200 rows with 25 columns
 * that each lack 10, these inputs made a linear model's 1 − R² 4 % larger.
 */
const noteworthyMissing = 0.01;
const fewMissing = 20;

/** So many levels are inputs each, however rare; of more, the most frequent, up to so many … */
const manyLevels = 40;
const mostLevels = 200;
/** … and up to so many numbers over all rows, a quarter of a gigabyte. */
const mostCells = 64e6;

/** Passes over the data, more where they are small: 344 rows took 2,000 updates to be learnt, not 500. */
const usualEpochs = 50;
const mostEpochs = 200;
const leastUpdates = 2000;

/** The one name that a spec cannot have as a key. */
const forbidden = "__proto__";

/** YAML takes a key on one line up to 1,024 characters. */
const longestKey = 1000;

/** The spec, and sentences for what it leaves out. */
export function specText(described: Described): { text: string; notes: string[] } {
  const { template, name, path, command, target, rows, columns } = described;
  const isRecipe = hasRecipe(described);
  const targets = columns.filter((column) => target.includes(column.name));
  const inputs = columns.filter((column) => !target.includes(column.name));
  const inferred = template === "curve" ? curveTask(targets) : taskFrom(targets);
  const task = described.task ?? inferred;
  if (taskOf(task).kind !== "numbers") requireClasses(path, targets);
  const width = Math.max(...inputs.map((column) => key(column.name).length), 1);
  const line = (name: string, setting: string, why: string) => entry(name, width, setting, why);
  const targetLines = targets.flatMap(({ name, missing }) => {
    const affix = affixOptions(described, name);
    if (name === forbidden || (missing === 0 && affix.length === 0)) return [];
    const drop = missing > 0 ? [`missing: drop${missingWords(described, name)}`] : [];
    const why = missing > 0 ? `${counted(missing, "row")} without it: nothing to learn from` : "";
    return line(name, `{ ${[...affix, ...drop].join(", ")} }`, why);
  });
  const settings = settingsOf(inputs, described);
  requireInput(path, target, settings);
  const columnLines = settings.map(({ name, setting, why }) =>
    name === forbidden
      ? `    # ${forbidden} cannot be a key in a spec: the column's type is inferred`
      : line(name, setting, why),
  );
  const lines = [
    ...opening(`${path}: ${counted(rows, "row")}, ${counted(columns.length, "column")}`, command),
    `name: ${key(name)}`,
    ...(isRecipe ? [recipeLine()] : []),
    "seed: 0",
    "data:",
    `  path: ${key(path)}`,
    ...writtenLines(described),
    aligned(
      `  target: ${target.length === 1 ? key(target[0]!) : `[${target.map(key).join(", ")}]`}`,
      targets.map(targetText).join("; "),
    ),
    aligned(`  task: ${task}`, otherTask(targets, task)),
    ...(isRecipe
      ? []
      : [
          aligned(
            "  scale: standard",
            "mean 0 and deviation 1; or robust, minmax, quantile_normal, log, none",
          ),
        ]),
    aligned("  columns:", "columns left out are inferred"),
    ...targetLines,
    ...columnLines,
    ...(isRecipe
      ? [
          "  # Every row trains, and every row measures: by the models trained without it. For a test of its own:",
          "  # split: { test: 0.2 }",
          ...(targets.length === 1 && taskOf(task).kind !== "numbers"
            ? imbalanceLines(targets[0]!, rows)
            : []),
          ...recipeTraining(rows, described.effort),
        ]
      : [aligned(splitOf(described), "fractions of the rows; classes keep their shares")]),
    ...(template === "curve" ? curveLines() : []),
    ...(template === "table" && !isRecipe
      ? [
          ...networkLines(described, task, settings.every(isText)),
          ...lossLines(targets, task, rows),
          ...(hasTexts(described) ? textTraining(rows) : trainingLines(rows)),
        ]
      : []),
  ];
  return { text: `${lines.join("\n")}\n`, notes: notesOf(settings, described) };
}

/** A line of `columns`, its names padded to a width; two where the name is too long for one. */
function entry(name: string, width: number, setting: string, why: string): string {
  const written = key(name);
  const opening = written.length > longestKey ? `? ${written}\n    :` : `${written}:`;
  return aligned(`    ${opening.padEnd(width + 1)} ${setting}`, why);
}

/** Sentences for the words among numbers, and for the columns that are left out. */
function notesOf(settings: readonly ({ readonly name: string } & Setting)[], { words }: Described): string[] {
  const taken = [...words].map(
    ([name, texts]) =>
      `column ${quoted(name)} holds numbers and ${texts.map(quoted).join(", ")}: taken for missing values`,
  );
  const leftOut = settings
    .filter(({ setting }) => isLeftOut(setting))
    .map(({ name, setting, why }) => `column ${quoted(name)} is left out (${setting}): ${why}`);
  return [...taken, ...leftOut];
}

/** Whether a recipe says how the model is made and trained. */
function hasRecipe(described: Described): boolean {
  const { template, effort } = described;
  return template === "table" && effort !== "quick" && !hasTexts(described);
}

function hasTexts({ columns, target, values }: Described): boolean {
  return columns.some((column) => !target.includes(column.name) && isProse(column, values));
}

function isProse({ name, type, distinct }: ColumnProfile, table: Table): boolean {
  return type === "id" && distinct > 1 && areProse(presentLevels(name, table));
}

interface Setting {
  readonly setting: string;
  /** The figures that say why. */
  readonly why: string;
}

const isLeftOut = (setting: string) => setting === "id" || setting === "ignore";

/** What each input is set to: not all are left out. */
function settingsOf(inputs: readonly ColumnProfile[], described: Described) {
  const settings = inputs.map((column) => ({ name: column.name, ...settingOf(column, described, false) }));
  if (!settings.every(({ setting }) => isLeftOut(setting))) return settings;
  return inputs.map((column) => ({ name: column.name, ...settingOf(column, described, true) }));
}

/** How the file is written, where it is not as usual. */
function writtenLines({ path, guessed: { written } }: Described): string[] {
  const { comment, header, decimal, thousands } = written;
  return [
    ...(formatNamed(path) === null ? ["  format: csv"] : []),
    ...(comment === null
      ? []
      : [aligned(`  comment: ${JSON.stringify(comment)}`, "begins lines that are none")]),
    ...(header ? [] : [aligned("  header: false", "the first row is like those below it")]),
    ...(decimal === "." ? [] : [`  decimal: ${JSON.stringify(decimal)}`]),
    ...(thousands === null ? [] : [`  thousands: ${JSON.stringify(thousands)}`]),
  ];
}

/** What stands around a column's numbers, as options of it. */
function affixOptions({ guessed }: Described, name: string): string[] {
  const { prefix = null, suffix = null } = guessed.affixes.get(name) ?? {};
  return Object.entries({ prefix, suffix }).flatMap(([option, affix]) =>
    affix === null ? [] : [`${option}: ${JSON.stringify(affix)}`],
  );
}

/** As a further option of a column. */
function missingWords({ words }: Described, name: string): string {
  const told = words.get(name)?.map((word) => JSON.stringify(word)) ?? [];
  return told.length > 0 ? `, missing_values: [${told.join(", ")}]` : "";
}

function taskFrom(targets: readonly ColumnProfile[]): TaskName {
  const hasClasses = ({ numbers, distinct }: ColumnProfile) =>
    numbers === null || (numbers.areWhole && distinct <= mostClasses);
  if (targets.length === 1) return hasClasses(targets[0]!) ? "classification" : "regression";
  if (targets.every(isBinary)) return "multilabel";
  const areSome = targets.some(({ numbers }) => numbers === null);
  return areSome && targets.every(hasClasses) ? "multioutput" : "regression";
}

/** Whole numbers may be names of classes or a quantity: which, the values do not say. */
function otherTask(targets: readonly ColumnProfile[], task: TaskName): string {
  const [only, ...others] = targets;
  if (others.length > 0 || !only?.numbers?.areWhole || only.distinct < 3 || only.distinct > mostClasses)
    return "";
  return taskOf(task).kind === "numbers"
    ? "or classification, if these whole numbers are names"
    : "or regression, if these whole numbers are a quantity";
}

function curveTask(targets: readonly ColumnProfile[]): TaskName {
  for (const { name, numbers } of targets) {
    if (numbers !== null) continue;
    throw new UserError(exitCodes.data, {
      message: `column "${name}" holds text, but a curve needs numbers`,
      hint: "--template table",
    });
  }
  return "regression";
}

function isBinary({ numbers, top, distinct }: ColumnProfile): boolean {
  if (numbers) return numbers.areWhole && numbers.min >= 0 && numbers.max <= 1;
  return distinct <= 2 && (top ?? []).every(({ text }) => booleanOf(text) !== undefined);
}

function targetText(column: ColumnProfile): string {
  return column.numbers && column.distinct <= mostClasses && column.numbers.areWhole
    ? counted(column.distinct, "class", "classes")
    : `${count(column.distinct)} distinct: ${rangeText(column)}`;
}

/** @param isNeeded whether no other column is an input, so that this one is, whatever it looks like */
function settingOf(column: ColumnProfile, described: Described, isNeeded: boolean): Setting {
  const { name, type, missing, distinct, numbers, rare } = column;
  const { rows, values: table } = described;
  const share = missing / rows;
  const missingText = missing > 0 ? `; ${count(missing)} missing (${percent(share)})` : "";
  const isNoteworthy = share >= noteworthyMissing && missing >= fewMissing;
  const why = `${rangeText(column)}${missingText}`;
  if (type === "ignore") return { setting: "ignore", why: "no values" };
  if (distinct === 1 && missing === 0)
    return { setting: "ignore", why: `a single value: ${rangeText(column)}` };
  const notInput = isNeeded ? null : noInput(column, table, rows);
  if (notInput) return notInput;
  const dates = datesIn(presentLevels(name, table));
  if (dates) return dateSetting(dates, `${missingText}; time instead tests on the latest rows`, isNoteworthy);
  if (isProse(column, table)) return { setting: textSetting, why: `${count(distinct)} texts` };
  const words = missingWords(described, name);
  if (words !== "") {
    const affix = affixOptions(described, name).map((option) => `, ${option}`);
    const setting = `{ type: number${affix.join("")}${words}, missing: median, indicator: true }`;
    return { setting, why: `${why}; ${described.words.get(name)!.map(quoted).join(", ")} among them` };
  }
  if (type === "id") return { setting: "category", why: "the only input" };
  const options = type === "number" ? affixOptions(described, name) : [];
  if (missing > 0 && type === "number") options.push("missing: median");
  if (missing > 0 && type === "boolean") options.push("missing: most_frequent");
  if (isNoteworthy && type !== "category") options.push("indicator: true");
  const isSkewed =
    !hasRecipe(described) &&
    numbers &&
    numbers.min >= 0 &&
    numbers.median > 0 &&
    numbers.max > skewed * numbers.median;
  if (isSkewed) options.push("scale: log");
  const least = type === "category" && distinct > 2 ? leastCount(column, described) : 1;
  if (least > 1) options.push(`min_count: ${least}`);
  const rareText =
    least === rareRows && rare > 0
      ? `; ${count(rare)} of ${count(distinct)} in fewer than ${rareRows} rows`
      : "";
  const setting = options.length > 0 ? `{ type: ${type}, ${options.join(", ")} }` : type;
  return { setting, why: why + rareText };
}

/**
 * How many rows a level must have to be an input of its own. Few levels all are where a recipe is trained: on 160 rows
 * with 21 makes of cars, merging those of fewer than five rows raised 1 − R² from 0.076 to 0.086 (five folds).
 */
function leastCount({ name, distinct, rare }: ColumnProfile, described: Described): number {
  if (!hasRecipe(described)) return rare > 0 ? rareRows : 1;
  const { rows, values: table, columns } = described;
  const wide = columns.filter((column) => column.type === "category" && column.distinct > manyLevels).length;
  const most = Math.min(mostLevels, Math.max(manyLevels, Math.floor(mostCells / rows / wide)));
  if (distinct <= manyLevels) return 1;
  const counts = countsOf(columnOf(table, table.columns.indexOf(tableColumn(name, table))));
  return distinct <= most ? 2 : counts[most]! + 1;
}

/** Rows of each level, the most frequent first. */
function countsOf(values: Iterable<number>): number[] {
  const counts = new Map<number, number>();
  for (const value of values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

/** Why a column should not be learnt from: it counts rows, or holds texts that name rows. */
function noInput(column: ColumnProfile, table: Table, rows: number): Setting | null {
  const { name, type, distinct, numbers } = column;
  if (numbers) {
    const values = columnOf(table, table.columns.indexOf(tableColumn(name, table)));
    const isWithoutGap = numbers.max - numbers.min + 1 === rows;
    const looksLikeId = numbers.areWhole && distinct === rows && isWithoutGap && countsRows(values);
    if (looksLikeId) return { setting: "id", why: `counts the rows: ${rangeText(column)}` };
    if (areLongIds(values))
      return {
        setting: "id",
        why: "whole numbers beyond 2^53, which numbers of 64 bit do not all tell apart",
      };
    const turns = countingTurns(values);
    if (turns > 0)
      return { setting: "id", why: `counts rows from 1, ${turns} times over, up to ${numbers.max}` };
  }
  if (type !== "id") return null;
  const texts = presentLevels(name, table);
  if (datesIn(texts) || areProse(texts)) return null;
  return { setting: "id", why: `${count(distinct)} distinct texts in ${count(rows)} rows` };
}

function dateSetting({ format, first, last }: Dates, more: string, hasIndicator: boolean): Setting {
  const options = [
    "type: date",
    ...(format === null ? [] : [`format: ${JSON.stringify(format)}`]),
    ...(hasIndicator ? ["indicator: true"] : []),
  ];
  const setting = options.length > 1 ? `{ ${options.join(", ")} }` : "date";
  const order = format !== null && dayMonth.includes(format) ? " (or month first)" : "";
  return { setting, why: `dates${order}, ${first} … ${last}${more}` };
}

function presentLevels(name: string, table: Table): string[] {
  const { levels, isMissing } = tableColumn(name, table);
  return levels.filter((_, number) => !isMissing[number]);
}

function tableColumn(name: string, { columns }: Table): TableColumn {
  return columns.find((one) => one.name === name)!;
}

/** Texts are learnt in few epochs, so that no row is needed to tell when to stop. */
function splitOf(described: Described): string {
  return `  split: { ${hasTexts(described) ? "" : "validation: 0.1, "}test: 0.2 }`;
}

const textSetting = "{ type: text, letters: 5 }";
const isText = ({ setting }: Setting) => setting === textSetting || isLeftOut(setting);

/** A large network would memorize few rows, and a hidden layer does not help with texts alone. */
function networkLines({ rows }: Described, task: TaskName, areTexts: boolean): string[] {
  if (areTexts) return [aligned("model: { hidden: [] }", "the words' numbers, summed up, decide")];
  const hidden = rows < 500 ? "[16]" : rows < 20_000 ? "[64, 64]" : "[128, 128]";
  const dropout = rows < 20_000 ? 0.1 : 0;
  return [
    "model:",
    aligned(
      `  hidden: ${hidden}`,
      `for ${counted(rows, "row")}; the ${taskOf(task).kind === "numbers" ? "output follows" : "classes follow"} from the data`,
    ),
    "  activation: relu",
    `  dropout: ${dropout}`,
  ];
}

/** As the lecture notes fit a curve: s(x) = b + Σ vᵢ sigmoid(wᵢ x + cᵢ), by ½|y − s|². */
function curveLines(): string[] {
  return [
    "model:",
    aligned("  hidden: [20]", "a constant plus a sum of 20 sigmoids"),
    aligned("  activation: sigmoid", "or tanh, relu, hard_sigmoid"),
    aligned("loss: half_squared_error", "½|y − s|²"),
    "optimizer: { name: adam, lr: 0.1 }",
    "schedule: cosine",
    "train: { epochs: 300, batch_size: 20 }",
  ];
}

/** The losses of tasks that need no more words. */
const lossLine: Partial<Record<TaskName, string>> = {
  multilabel: "loss: bce_with_logits",
  multioutput: aligned("loss: cross_entropy", "summed over targets"),
  regression: aligned("loss: mse", "mae or huber if outliers should count less"),
};

function lossLines(targets: readonly ColumnProfile[], task: TaskName, rows: number): string[] {
  const line = lossLine[task];
  if (line) return [line];
  return ["loss: cross_entropy", ...imbalanceLines(targets[0]!, rows)];
}

function imbalanceLines(target: ColumnProfile, rows: number): string[] {
  const most = Math.max(0, ...(target.top ?? []).map((one) => one.rows), ...modes(target));
  if (most / rows < imbalance) return [];
  return [
    `# ${percent(most / rows)} of the rows are in one class. To find more of the others, at the cost of false alarms:`,
    "# loss: { name: cross_entropy, class_weights: balanced }",
  ];
}

/** Rows of the classes 0 and 1: a histogram's first and last range. */
function modes({ numbers, distinct }: ColumnProfile): readonly number[] {
  return numbers && distinct === 2 ? numbers.histogram : [];
}

function trainingLines(rows: number): string[] {
  const batch = rows < 10_000 ? 32 : rows < 100_000 ? 128 : 512;
  const enough = Math.ceil((leastUpdates * batch) / rows / 10) * 10;
  const epochs = Math.min(Math.max(usualEpochs, enough), mostEpochs);
  return [
    "optimizer: { name: adamw, lr: 0.001, weight_decay: 0.01 }",
    "schedule: { name: cosine, warmup_epochs: 1 }",
    "train:",
    aligned(`  epochs: ${epochs}`, "at most"),
    `  batch_size: ${batch}`,
    aligned("  early_stopping: { metric: validation.loss, patience: 10 }", "the best epoch is kept"),
  ];
}

function percent(share: number): string {
  const rounded = Math.round(100 * share);
  return rounded === 0 ? "under 1 %" : `${rounded} %`;
}
