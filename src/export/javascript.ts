/** `--to js`: an ES module without dependencies that predicts in browsers and Node, and its types beside it. */
import { answerNames, type InputColumn, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { labelsOf, plainLayers, plainPreprocessing, scriptJson } from "./plain.ts";
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
  const model = { ...plainPreprocessing(portable.preprocessing), layers: plainLayers(portable) };
  return `const model = ${scriptJson(model)};
const weights = "${base64Of(portable)}";

${template("predictor.js").replace("export function", "function")}`;
}

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
  return target.task === "regression" ? null : answerNames({ target });
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
  };
  const listed =
    column.type === "category" && column.levels.length <= mostListed && column.levels.length > 0
      ? `${union(column.levels)} | (string & {}) | null`
      : types[column.type];
  return `  readonly ${JSON.stringify(column.name)}: ${listed};`;
}

function predictionFields(target: Preprocessing["target"]): string[] {
  if (target.task === "classification") {
    const probabilities = `  readonly probabilities: Readonly<Record<${union(target.classes)}, number>>;`;
    const hasProbabilities = target.link === "softmax" || target.link === "sigmoid";
    return [
      `  readonly prediction: ${union(labelsOf(target.classes))};`,
      ...(hasProbabilities ? [probabilities] : []),
    ];
  }
  if (target.task === "multioutput") {
    const probabilities = target.columns.map(
      ({ name, classes }) => `readonly ${JSON.stringify(name)}: Readonly<Record<${union(classes)}, number>>`,
    );
    return [
      ...target.columns.map(
        ({ name, classes }) =>
          `  readonly ${JSON.stringify(`prediction_${name}`)}: ${union(labelsOf(classes))};`,
      ),
      `  readonly probabilities: { ${probabilities.join("; ")} };`,
    ];
  }
  const names = target.task === "multilabel" ? target.names : target.columns.map(({ name }) => name);
  const type = target.task === "multilabel" ? "0 | 1" : "number";
  const fields =
    names.length === 1
      ? [`  readonly prediction: ${type};`]
      : names.map((name) => `  readonly ${JSON.stringify(`prediction_${name}`)}: ${type};`);
  const probabilities = `  readonly probabilities: Readonly<Record<${union(names)}, number>>;`;
  if (target.link === "gaussian")
    return [
      ...fields,
      ...(names.length === 1 ? ["sd"] : names.map((name) => `sd_${name}`)).map(
        (name) => `  readonly ${JSON.stringify(name)}: number;`,
      ),
    ];
  return target.task === "multilabel" && target.link === "sigmoid" ? [...fields, probabilities] : fields;
}

function union(values: readonly (string | number)[]): string {
  return values.map((value) => JSON.stringify(value)).join(" | ") || "never";
}

function exampleRow({ inputs }: Preprocessing): string {
  if (inputs.kind === "array") return `[…${inputs.shape.join(" × ")} numbers]`;
  const fields = inputs.columns.slice(0, 3).map((column) => {
    const value =
      column.type === "category" ? (column.levels[0] ?? null) : column.type === "number" ? 1 : true;
    return `${comment(JSON.stringify(column.name))}: ${comment(JSON.stringify(value))}`;
  });
  return `{ ${[...fields, ...(inputs.columns.length > 3 ? ["…"] : [])].join(", ")} }`;
}

/** A text in one line of a comment. */
function comment(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029<]/g, " ");
}
