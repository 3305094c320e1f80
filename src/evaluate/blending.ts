/**
 * Several networks' answers to the same rows, each by a model that was trained without the row, and how much each is to
 * count: ensemble selection with replacement, Caruana et al. 2004.
 */
import { blocksOf, outputWidth, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { Watcher } from "./watchers.ts";

/** Rounds, in each of which a network gets a vote. */
const rounds = 20;
/** Probabilities below this are taken for this. */
const least = 1e-15;

interface Row {
  readonly fold: number;
  readonly targets: Float64Array;
  /** Of each network, numbers or probabilities. */
  readonly predictions: Float64Array[];
}

/** A network that may have votes. */
export interface Candidate {
  /**
   * How many times as large its loss would be had its epoch not been chosen by the rows that it is measured on: of 200
   * rows 1.5 for a large network, 1.1 for a linear one; 1 where another chose.
   */
  readonly flattery: number;
  readonly parameters: number;
}

/** What the blend says of a row. */
export interface Blended {
  /** Its number in all files, from 0. */
  readonly row: number;
  readonly fold: number;
  readonly predictions: Float64Array;
  readonly targets: Float64Array;
  /** Outputs of a network that would say so. */
  readonly S: Float32Array;
  readonly loss: number;
}

type Loss = (predictions: Float64Array, targets: Float64Array) => number;

export class Blending {
  private readonly rows = new Map<number, Row>();
  private readonly loss: Loss;

  constructor(private readonly preprocessing: Preprocessing) {
    this.loss = lossFor(preprocessing);
  }

  /** Watches the evaluation of a fold's rows by a network; networks come one after the other. */
  watcher(fold: number, indices: Int32Array): Watcher {
    const outputs = outputWidth(this.preprocessing);
    return {
      see: (predictions, targets, first, S) => {
        const count = S.length / outputs;
        const part = (of: Float64Array, i: number) =>
          of.slice((i * of.length) / count, ((i + 1) * of.length) / count);
        for (let i = 0; i < count; i++) {
          const at = indices[first + i]!;
          const row = this.rows.get(at) ?? { fold, targets: part(targets, i), predictions: [] };
          row.predictions.push(part(predictions, i));
          this.rows.set(at, row);
        }
      },
    };
  }

  /**
   * Votes for each network, none for one that does not help, and the blend's answers. Each round's vote is for the
   * network whose answers bring the mean loss of all votes so far down most. Where the blend is not better than its
   * smallest network by more than a standard error, that one has all votes (Breiman et al. 1984, 3.4.3): of 200 rows that
   * a line fits, networks had a quarter of them by chance, and answers to new rows were 2 % worse.
   */
  result(networks: readonly Candidate[]): { readonly votes: number[]; readonly rows: Blended[] } {
    const rows = [...this.rows].sort(([a], [b]) => a - b);
    const flattery = networks.map(({ flattery }) => flattery);
    const sums = rows.map(([, { predictions }]) => new Float64Array(predictions[0]!.length));
    const votes = flattery.map(() => 0);
    const mean = new Float64Array(sums[0]?.length ?? 0);
    const withVote = (network: number, round: number) => {
      let total = 0;
      for (const [i, [, { predictions, targets }]] of rows.entries()) {
        const [sum, own] = [sums[i]!, predictions[network]!];
        for (let j = 0; j < mean.length; j++) mean[j] = (sum[j]! + own[j]!) / (round + 1);
        total += this.loss(mean, targets);
      }
      return total;
    };
    const hidden = flattery.map((times, network) => withVote(network, 0) * (times - 1));
    for (let round = 0; round < rounds; round++) {
      const losses = votes.map((_, network) => {
        const shares = votes.map((vote, other) => (vote + (other === network ? 1 : 0)) / (round + 1));
        return shares.reduce((sum, share, other) => sum + share * hidden[other]!, withVote(network, round));
      });
      const best = losses.indexOf(Math.min(...losses));
      votes[best]!++;
      for (const [i, [, { predictions }]] of rows.entries())
        for (let j = 0; j < mean.length; j++) sums[i]![j]! += predictions[best]![j]!;
    }
    const smallest = indexOfSmallest(networks);
    const flattered =
      votes.reduce((sum, vote, i) => sum + (vote / rounds) * hidden[i]!, 0) - hidden[smallest]!;
    const gains = rows.map(
      ([, { predictions, targets }], i) =>
        this.loss(predictions[smallest]!, targets) -
        this.loss(
          sums[i]!.map((sum) => sum / rounds),
          targets,
        ) -
        flattered / rows.length,
    );
    const isClear = meanOf(gains) > standardError(gains);
    if (!isClear) votes.fill(0).fill(1, smallest, smallest + 1);
    return {
      votes: inLowestTerms(votes),
      rows: rows.map(([row, { fold, targets, predictions: own }], i) => {
        const predictions = isClear ? sums[i]!.map((sum) => sum / rounds) : own[smallest]!;
        const S = outputsFor(this.preprocessing, predictions);
        return { row, fold, predictions, targets, S, loss: this.loss(predictions, targets) };
      }),
    };
  }
}

function indexOfSmallest(networks: readonly Candidate[]): number {
  const sizes = networks.map(({ parameters }) => parameters);
  return sizes.indexOf(Math.min(...sizes));
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);

function standardError(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / values.length;
}

function inLowestTerms(votes: readonly number[]): number[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const common = votes.reduce(divisor, 0);
  return votes.map((vote) => vote / common);
}

/** Squared error of scaled numbers, or the negative logarithm of what was given to what is so. */
function lossFor(preprocessing: Preprocessing): Loss {
  const { kind, scalings, link } = answersOf(preprocessing.target);
  const blocks = blocksOf(preprocessing);
  const squares: Loss = (p, y) => {
    let sum = 0;
    for (let j = 0; j < y.length; j++) sum += ((p[j]! - y[j]!) / (scalings?.[j]?.scale ?? 1)) ** 2;
    return sum / y.length;
  };
  const log = (p: number) => -Math.log(Math.max(p, least));
  const labels: Loss = (p, y) => {
    let sum = 0;
    for (let j = 0; j < y.length; j++) sum += log(y[j]! > 0.5 ? p[j]! : 1 - p[j]!);
    return sum / y.length;
  };
  if (link === "sigmoid") return labels;
  if (link !== "softmax" || kind === "numbers") return squares;
  return (p, y) => {
    let sum = 0;
    let first = 0;
    for (const [target, number] of y.entries()) {
      sum += log(p[first + number]!);
      first += blocks?.[target] ?? p.length;
    }
    return sum;
  };
}

/** The outputs that mean such numbers or probabilities. */
function outputsFor({ target }: Preprocessing, predictions: Float64Array): Float32Array {
  const { link, scalings } = answersOf(target);
  return Float32Array.from(predictions, (p, j) => {
    if (link === "softmax") return Math.log(Math.max(p, least));
    if (link === "sigmoid") return Math.log(Math.max(p, least)) - Math.log(Math.max(1 - p, least));
    const { center, scale } = scalings?.[j] ?? { center: 0, scale: 1 };
    return ((link === "exp" ? Math.log(p) : p) - center) / scale;
  });
}
