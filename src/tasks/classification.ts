/** One of several classes a row. */
import { exitCodes, quoted, UserError } from "../support/errors.ts";
import { type Link, losses } from "./losses.ts";
import type { Asked, Stored, Task } from "./task.ts";

export interface ClassTarget {
  readonly task: "classification";
  readonly name: string;
  readonly classes: readonly string[];
  /** index: one column with the class number; one_hot: one column per class. */
  readonly encoding: "index" | "one_hot";
  readonly link: Link;
}

export const classification: Task<ClassTarget> = {
  kind: "class",
  learns: ["classes", "labels"],
  loss: "cross_entropy",
  takes: (columns) => columns === 1,
  ofSeveral: "multioutput",
  reads: "text",

  target([column], { classes, loss }) {
    const labels = checkedClasses(column!.name, classes ?? column!.labels());
    const { link } = losses[loss ?? "cross_entropy"];
    return {
      task: "classification",
      name: column!.name,
      classes: labels,
      encoding: encodingOf(link, labels),
      link,
    };
  },
  keep(target, before) {
    if (target.name !== before.name) return target;
    const classes = keptClasses(target.classes, before.classes);
    return { ...target, classes, encoding: encodingOf(target.link, classes) };
  },
  stored(fields) {
    const classes = storedClasses(fields);
    const encoding = fields.oneOf("encoding", ["index", "one_hot"]);
    const link = fields.oneOf("link", ["softmax", "sigmoid", "identity"]);
    const isOneOutput = encoding === "index" && link === "sigmoid";
    fields.require(!isOneOutput || classes.length === 2, "classes of a sigmoid");
    return { task: "classification", name: fields.text("name"), classes, encoding, link };
  },
  columns: ({ name }) => [name],
  width: ({ encoding, classes }) => (encoding === "index" ? 1 : classes.length),
  encode({ classes, encoding }, [column]) {
    const numbers = column!.classNumbers(classes);
    if (encoding === "index") return numbers;
    const out = new Float32Array(numbers.length * classes.length);
    for (const [row, number] of numbers.entries()) out[row * classes.length + number] = 1;
    return out;
  },
  strata: ({ classes }, [column]) => column!.classNumbers(classes),
  answers({ name, classes, encoding, link }) {
    const isOneOutput = encoding === "index" && link === "sigmoid";
    const outputs = isOneOutput ? 1 : classes.length;
    return { kind: "class", names: [name], classes: [classes], scalings: null, link, outputs };
  },

  metrics: ["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"],
  headline: "accuracy",
  ofTraining: ["accuracy"],
  score: "accuracy",
  calibration: ["temperature", "threshold", "conformal"],
};

function encodingOf(link: Link, classes: readonly string[]): ClassTarget["encoding"] {
  return link === "softmax" || (link === "sigmoid" && classes.length === 2) ? "index" : "one_hot";
}

/** Those of before in their places, then new ones. */
export function keptClasses(now: readonly string[], before: readonly string[]): readonly string[] {
  return [...before, ...now.filter((label) => !before.includes(label))];
}

/** Throws UserError: usage for a label given twice, data for fewer than two. */
export function checkedClasses(
  name: string,
  classes: NonNullable<Asked["classes"]>,
): NonNullable<Asked["classes"]> {
  if (new Set(classes).size < classes.length) {
    const message = "two classes have the same label";
    throw new UserError(exitCodes.usage, { message, expected: "different labels" });
  }
  if (classes.length >= 2) return classes;
  const found = classes.length === 0 ? "no class" : `one class only, ${quoted(classes[0]!)}`;
  const message = `the target "${name}" has ${found}`;
  throw new UserError(exitCodes.data, { message, expected: "at least two classes" });
}

export function storedClasses(fields: Stored): readonly string[] {
  const classes = fields.texts("classes");
  fields.require(classes.length >= 2 && new Set(classes).size === classes.length, "classes");
  return classes;
}
