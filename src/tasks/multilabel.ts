/** Any number of labels a row, each there or not. */
import { losses } from "./losses.ts";
import { sideBySide, type Task } from "./task.ts";

export interface LabelsTarget {
  readonly task: "multilabel";
  readonly names: readonly string[];
  readonly link: "sigmoid" | "identity";
}

export const multilabel: Task<LabelsTarget> = {
  kind: "labels",
  learns: ["labels"],
  loss: "bce_with_logits",
  takes: (columns) => columns > 1,
  reads: "text",

  target(columns, { loss }) {
    const { link } = losses[loss ?? "bce_with_logits"];
    const names = columns.map(({ name }) => name);
    return { task: "multilabel", names, link: link === "sigmoid" ? link : "identity" };
  },
  stored(fields) {
    const names = fields.texts("names");
    fields.require(names.length > 0, "no targets");
    return { task: "multilabel", names, link: fields.oneOf("link", ["sigmoid", "identity"]) };
  },
  columns: ({ names }) => names,
  width: ({ names }) => names.length,
  encode: (_, columns) => sideBySide(columns.map((column) => column.flags())),
  answers: ({ names, link }) => ({
    kind: "labels",
    names,
    classes: null,
    scalings: null,
    link,
    outputs: names.length,
  }),

  metrics: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
  headline: "f1_macro",
  ofTraining: [],
  score: "accuracy",
  calibration: ["temperature", "threshold"],
};
