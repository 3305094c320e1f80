/** One or several numbers a row. */
import { exitCodes, UserError } from "../support/errors.ts";
import { losses } from "./losses.ts";
import { type Scaling, sideBySide, type Task } from "./task.ts";

export interface NumbersTarget {
  readonly task: "regression";
  readonly columns: readonly { readonly name: string; readonly scaling: Scaling }[];
  readonly link: "identity" | "exp" | "gaussian";
  /** Of each number, ascending; absent: one number is predicted. */
  readonly quantiles?: readonly number[];
}

const links = ["identity", "exp", "gaussian"] as const;

export const regression: Task<NumbersTarget> = {
  kind: "numbers",
  learns: ["numbers"],
  loss: "mse",
  takes: () => true,
  reads: "number",

  target(columns, { loss, quantiles }) {
    for (const column of columns) column.numbers();
    const link = links.find((name) => name === losses[loss ?? "mse"].link);
    if (!link) {
      const message = `loss ${loss} learns classes, and the target is a quantity`;
      throw new UserError(exitCodes.usage, { message, expected: "mse, mae, huber, …" });
    }
    const scaling = { name: "none", center: 0, scale: 1 } as const;
    const own = columns.map(({ name }) => ({ name, scaling }));
    return { task: "regression", columns: own, link, ...(quantiles && { quantiles }) };
  },
  /** Counts stay as they are: their outputs are logarithms. */
  fit(target, scalingOf) {
    if (target.link === "exp") return target;
    return { ...target, columns: target.columns.map(({ name }) => ({ name, scaling: scalingOf(name) })) };
  },
  keep(target, before) {
    if (target.link !== before.link) return target;
    const known = new Map(before.columns.map((column) => [column.name, column]));
    return { ...target, columns: target.columns.map((column) => known.get(column.name) ?? column) };
  },
  stored(fields) {
    const columns = fields
      .parts("columns")
      .map((column) => ({ name: column.text("name"), scaling: column.scaling("scaling") }));
    fields.require(columns.length > 0, "no targets");
    const [link, quantiles] = [fields.oneOf("link", links), fields.numbers("quantiles")];
    fields.require(quantiles === null || (link === "identity" && areQuantiles(quantiles)), "quantiles");
    return { task: "regression", columns, link, ...(quantiles && { quantiles }) };
  },
  columns: ({ columns }) => columns.map(({ name }) => name),
  width: ({ columns }) => columns.length,
  encode: (target, columns) =>
    sideBySide(
      target.columns.map(({ scaling: { center, scale } }, j) =>
        columns[j]!.numbers().map((value) => (value - center) / scale),
      ),
    ),
  answers: ({ columns, link, quantiles }) => ({
    kind: "numbers",
    names: columns.map(({ name }) => name),
    classes: null,
    scalings: columns.map(({ scaling }) => scaling),
    link,
    ...(quantiles && { quantiles }),
    outputs: (link === "gaussian" ? 2 : (quantiles?.length ?? 1)) * columns.length,
  }),

  metrics: ["mse", "rmse", "mae", "r2", "pinball_loss", "coverage"],
  headline: "rmse",
  ofTraining: [],
  score: "r2",
  calibration: ["conformal"],
};

/** Whether they are in order, between 0 and 1, and one is the median, which is the prediction. */
export function areQuantiles(quantiles: readonly number[]): boolean {
  const isBetween = (q: number, i: number) => q > (quantiles[i - 1] ?? 0) && q < 1;
  return quantiles.length > 1 && quantiles.every(isBetween) && quantiles.includes(0.5);
}
