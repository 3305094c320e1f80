/** `--to js`: an ES module without dependencies that predicts in browsers and Node, and its types beside it. */
import { answerNames, type InputColumn, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { AnswerKind } from "../metrics/metrics.ts";
import type { Answers } from "../tasks/task.ts";
import { answersOf } from "../tasks/tasks.ts";
import { activations } from "./activations.ts";
import { labelsOf, plainAnswers, plainInputs, plainLayers, scriptJson } from "./plain.ts";
import type { Portable } from "./portable.ts";
import { template } from "./templates.ts";

/** Levels listed in a type; of more, any text is as good. */
const mostListed = 50;

/** The module's source; exports `predict` and what it can be given and answers. */
export function moduleOf(portable: Portable, version: string): string {
  const { name, preprocessing } = portable;
  return `// ${comment(name)}: a neural network trained with nnt ${version}.
//   import { predict } from "./this-file.js";
//   predict(${exampleRow(preprocessing)})

/** What ${preprocessing.inputs.kind === "array" ? "an array" : "a row"} is made of, and what is predicted. */
export const inputs = ${scriptJson(inputsOf(preprocessing))};
export const classes = ${scriptJson(classesOf(preprocessing))};

${predictorOf(portable)}
const run = createPredictor(model, weights);

/** The prediction for ${preprocessing.inputs.kind === "array" ? "an array of numbers" : "a row, an object with a value per column; null is a missing one"}. Throws TypeError. */
export function predict(row) {
  return run(row);
}
`;
}

/** `model`, `weights` and `createPredictor`, for a script of any kind. */
export function predictorOf(portable: Portable): string {
  const { preprocessing } = portable;
  const layers = plainLayers(portable);
  const model = { ...plainInputs(preprocessing), answers: plainAnswers(preprocessing), layers };
  return `const model = ${scriptJson(model)};
const weights = "${base64Of(portable)}";

${template("predictor.js").replace("export function", "function").replace("/* activations */", activationRows)}`;
}

const activationRows = Object.entries(activations)
  .map(([name, { js }]) => `${name}: ${js},`)
  .join("\n  ");

/** The module's types. */
export function typesOf({ preprocessing }: Portable): string {
  const { inputs, target } = preprocessing;
  const row =
    inputs.kind === "array"
      ? "export type Row = ArrayLike<number>;"
      : `export interface Row {\n${inputs.columns.map(fieldOf).join("\n")}\n}`;
  return `${row}

export interface Prediction {
${predictionFields(target).join("\n")}
}

/** The prediction for a row. Throws TypeError for a value that is none. */
export declare function predict(row: Row): Prediction;
/** ${inputs.kind === "array" ? "The array's shape" : "The columns, and the levels of those that have any"}. */
export declare const inputs: ${inputs.kind === "array" ? "readonly number[]" : "readonly { readonly name: string; readonly type: string; readonly levels?: readonly string[] }[]"};
/** The classes or labels that have probabilities, of several targets as "target=class"; null for numbers. */
export declare const classes: readonly string[] | null;
`;
}

function inputsOf({ inputs }: Preprocessing) {
  if (inputs.kind === "array") return inputs.shape;
  return inputs.columns.map((column) => {
    const { name, type } = column;
    return column.type === "category" ? { name, type, levels: column.levels } : { name, type };
  });
}

function classesOf({ target }: Preprocessing): readonly string[] | null {
  return answersOf(target).scalings ? null : answerNames({ target });
}

function base64Of({ tensors }: Portable): string {
  const bytes = tensors.map(({ values }) => {
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  });
  return Buffer.concat(bytes).toString("base64");
}

function fieldOf(column: InputColumn): string {
  const types = {
    number: "number | string | null",
    boolean: "boolean | number | string | null",
    category: "string | null",
    date: "Date | string | null",
    text: "string | null",
  };
  const listed =
    column.type === "category" && column.levels.length <= mostListed && column.levels.length > 0
      ? `${union(column.levels)} | (string & {}) | null`
      : types[column.type];
  return `  readonly ${JSON.stringify(column.name)}: ${listed};`;
}

function predictionFields(target: Preprocessing["target"]): string[] {
  const answers = answersOf(target);
  return fieldsOf[answers.kind](answers);
}

/** The fields of a prediction, and their types. */
const fieldsOf = {
  class: ({ classes, link }) => {
    const [labels = []] = classes!;
    return [`  readonly prediction: ${union(labelsOf(labels))};`, ...probabilitiesOf(labels, link)];
  },
  classes: ({ names, classes }) => {
    const probabilities = names.map(
      (name, t) => `readonly ${JSON.stringify(name)}: Readonly<Record<${union(classes![t]!)}, number>>`,
    );
    return [
      ...names.map(
        (name, t) => `  readonly ${JSON.stringify(`prediction_${name}`)}: ${union(labelsOf(classes![t]!))};`,
      ),
      `  readonly probabilities: { ${probabilities.join("; ")} };`,
    ];
  },
  labels: ({ names, link }) => [...eachOf(names, "prediction", "0 | 1"), ...probabilitiesOf(names, link)],
  numbers: ({ names, link }) => [
    ...eachOf(names, "prediction", "number"),
    ...(link === "gaussian" ? eachOf(names, "sd", "number") : []),
  ],
} satisfies Record<AnswerKind, (answers: Answers) => string[]>;

/** A field, or one for each of several names. */
function eachOf(names: readonly string[], what: string, type: string): string[] {
  if (names.length === 1) return [`  readonly ${what}: ${type};`];
  return names.map((name) => `  readonly ${JSON.stringify(`${what}_${name}`)}: ${type};`);
}

function probabilitiesOf(names: readonly string[], link: Answers["link"]): string[] {
  const hasProbabilities = link === "softmax" || link === "sigmoid";
  return hasProbabilities ? [`  readonly probabilities: Readonly<Record<${union(names)}, number>>;`] : [];
}

function union(values: readonly (string | number)[]): string {
  return values.map((value) => JSON.stringify(value)).join(" | ") || "never";
}

function exampleRow({ inputs }: Preprocessing): string {
  if (inputs.kind === "array") return `[…${inputs.shape.join(" × ")} numbers]`;
  const fields = inputs.columns.slice(0, 3).map((column) => {
    const value = column.type === "category" ? (column.levels[0] ?? null) : examples[column.type];
    return `${comment(JSON.stringify(column.name))}: ${comment(JSON.stringify(value))}`;
  });
  return `{ ${[...fields, ...(inputs.columns.length > 3 ? ["…"] : [])].join(", ")} }`;
}

const examples = { number: 1, boolean: true, date: "2024-05-31", text: "words" };

/** A text in one line of a comment. */
function comment(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029<]/g, " ");
}
