/** A class for each of several targets: classifications by one network. */
import { exitCodes, UserError } from "../support/errors.ts";
import { checkedClasses, keptClasses, storedClasses } from "./classification.ts";
import { losses } from "./losses.ts";
import { sideBySide, type Task } from "./task.ts";

/** Outputs and their probabilities lie one target after the other. */
export interface ClassesTarget {
  readonly task: "multioutput";
  readonly columns: readonly { readonly name: string; readonly classes: readonly string[] }[];
  readonly link: "softmax";
}

export const multioutput: Task<ClassesTarget> = {
  kind: "classes",
  learns: ["classes"],
  loss: "cross_entropy",
  takes: (columns) => columns > 1,
  hasSeveral: true,
  reads: "text",

  target(columns, asked) {
    if (asked.classes !== null) {
      const message = "data.classes lists the classes of one target, and there are several";
      throw misfit(message, "no data.classes");
    }
    if (columns.length < 2)
      throw misfit("data.task is multioutput, but there is only one target", "classification");
    const loss = asked.loss ?? "cross_entropy";
    const { link } = losses[loss];
    if (link !== "softmax")
      throw misfit(`loss ${loss} does not learn several targets of classes`, "cross_entropy or focal");
    const of = columns.map((column) => ({
      name: column.name,
      classes: checkedClasses(column.name, column.labels()),
    }));
    return { task: "multioutput", columns: of, link };
  },
  keep(target, before) {
    const known = new Map(before.columns.map(({ name, classes }) => [name, classes]));
    const columns = target.columns.map(({ name, classes }) => ({
      name,
      classes: keptClasses(classes, known.get(name) ?? []),
    }));
    return { ...target, columns };
  },
  stored(fields) {
    const columns = fields
      .parts("columns")
      .map((column) => ({ name: column.text("name"), classes: storedClasses(column) }));
    fields.require(columns.length > 1, "a single target");
    return { task: "multioutput", columns, link: fields.oneOf("link", ["softmax"]) };
  },
  columns: ({ columns }) => columns.map(({ name }) => name),
  width: ({ columns }) => columns.length,
  encode: (target, columns) =>
    sideBySide(target.columns.map(({ classes }, j) => columns[j]!.classNumbers(classes))),
  answers: ({ columns, link }) => ({
    kind: "classes",
    names: columns.map(({ name }) => name),
    classes: columns.map(({ classes }) => classes),
    scalings: null,
    link,
    outputs: columns.reduce((sum, { classes }) => sum + classes.length, 0),
  }),

  metrics: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
  headline: "accuracy",
  ofTraining: [],
  score: "accuracy",
  calibration: [],
};

function misfit(message: string, expected: string): UserError {
  return new UserError(exitCodes.usage, { message, expected });
}
