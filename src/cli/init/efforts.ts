/** What `nnt init --effort` writes of network and training: a small network of its own, or the name of a recipe. */
import { counted } from "../../report/text.ts";
import { aligned } from "./lines.ts";

export const efforts = ["quick", "good", "best"] as const;
export type Effort = (typeof efforts)[number];

/** Rows that a recipe goes through in training one fold's model of a network: about 10 s of one core at 256 units. */
const rowsToSee = 0.8e6;
/** Of the paper; and as many as curves over a run need. */
const mostEpochs = 256;
const leastEpochs = 8;
/** Of rows, that train a fold's model of five. */
const share = 0.8;
const shareOfTen = 0.9;
/** The paper's, and what a fold of few rows learns better by: 160 rows' out-of-fold R² rose from 0.918 to 0.945. */
const [usualBatch, smallBatch] = [256, 32];
const fewRows = 500;
/** Fewer rows are measured again: each fold's own best epoch flatters the figures of 200 by a third, of 4,000 by a hundredth. */
const fewToChooseBy = 2000;

/** The recipe's name, for the top of a spec. */
export function recipeLine(): string {
  return aligned("recipe: tables-1", "the network and how it is trained: nnt check shows it all");
}

/** How long to train: the smaller a table, the more often it is gone through. */
export function recipeTraining(rows: number, effort: Effort): string[] {
  const hasTen = effort === "best" || rows < fewRows;
  const ofFold = Math.max(1, Math.floor((hasTen ? shareOfTen : share) * rows));
  const toSee = effort === "best" ? 2 * rowsToSee : rowsToSee;
  const epochs = Math.min(mostEpochs, Math.max(leastEpochs, Math.round(toSee / ofFold)));
  const batch = rows < fewRows ? smallBatch : usualBatch;
  const settings = [
    ...(hasTen ? ["folds: 10"] : []),
    ...(rows < fewToChooseBy ? ["combine: average_remeasured"] : []),
    `epochs: ${epochs}`,
    ...(batch === usualBatch ? [] : [`batch_size: ${batch}`]),
    // A short batch at an epoch's end would weigh as much as a full one.
    ...(ofFold >= 2 * batch ? ["drop_last: true"] : []),
  ];
  return [aligned(`train: { ${settings.join(", ")} }`, `for ${counted(rows, "row")}`)];
}

/**
 * Of three splits of 3,000 sentences, with letters, without a hidden layer: 83.1 % right after 8 epochs, 81.7 % at the best epoch
 * by a tenth of the rows; tf-idf with logistic regression 81.8 %. Rows more than these are gone through less often.
 */
export function textTraining(rows: number): string[] {
  const epochs = Math.max(2, Math.min(8, Math.round(40_000 / rows)));
  return ["optimizer: { name: adam, lr: 0.001 }", `train: { epochs: ${epochs}, batch_size: 32 }`];
}
