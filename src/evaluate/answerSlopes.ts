/** One answer of a model, a probability or a number as `predict` gives it, and its derivatives by the network's outputs. */
import { blocksOf, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { medianAt } from "../metrics/regression.ts";
import { links } from "../model/losses.ts";
import type { Link } from "../tasks/losses.ts";
import { answersOf } from "../tasks/tasks.ts";

/** Which answer is asked for: `index` is that of a class, label or target column. */
export interface Question {
  readonly preprocessing: Pick<Preprocessing, "target" | "calibration">;
  /** How the outputs of an ensemble's members are averaged; null: there is one network. */
  readonly average: Link | null;
  /** How much each member counts; they add up to 1. */
  readonly shares: readonly number[];
  readonly index: number;
}

export interface Answer {
  readonly value: number;
  /** ∂value/∂S of every member. */
  readonly slopes: readonly Float64Array[];
}

/** @param outputs S of every member, for one row */
export function answerTo(question: Question, outputs: readonly Float64Array[]): Answer {
  const { average, shares } = question;
  if (average === null) {
    const { value, slope } = read(question, outputs[0]!);
    return { value, slopes: [slope] };
  }
  const meanings = outputs.map((S) => meaningOf(average, S));
  const mean = meanings[0]!.map((_, j) => meanings.reduce((sum, p, m) => sum + p[j]! * shares[m]!, 0));
  const { value, slope } = read(question, mean.map(inverse[average]));
  const ofMean = slope.map((s, j) => (s === 0 ? 0 : s * inverseSlope[average](mean[j]!)));
  return { value, slopes: meanings.map((p, m) => backward(average, p, ofMean).map((s) => s * shares[m]!)) };
}

/** The answer for outputs S, and its derivatives. */
function read({ preprocessing: { target, calibration }, index }: Question, S: Float64Array) {
  const { link, scalings, classes, quantiles } = answersOf(target);
  if (scalings) {
    const { center, scale } = scalings[index]!;
    const output = quantiles ? medianOf(S, index * quantiles.length, quantiles) : index;
    const number = S[output]! * scale + center;
    const value = link === "exp" ? Math.exp(number) : number;
    return { value, slope: only(S.length, output, link === "exp" ? value * scale : scale) };
  }
  const blocks = blocksOf({ target });
  if (blocks) return readBlock(blocks, index, S);
  const T = calibration?.temperature ?? 1;
  const p = meaningOf(
    link,
    S.map((s) => s / T),
  );
  // A single output distinguishes two classes: it is that of the second.
  const isOther = classes !== null && S.length === 1 && index === 0;
  const at = S.length === 1 ? 0 : index;
  const slope = backward(link, p, only(S.length, at, isOther ? -1 / T : 1 / T));
  return { value: isOther ? 1 - p[at]! : p[at]!, slope };
}

/** Which output is the median, once those of the target from `first` on are sorted. */
function medianOf(S: Float64Array, first: number, quantiles: readonly number[]): number {
  const outputs = Array.from(quantiles, (_, i) => first + i).sort((a, b) => S[a]! - S[b]!);
  return outputs[medianAt(quantiles)]!;
}

/** The probability of a class of one of several targets: a softmax over the outputs of that target. */
function readBlock(blocks: readonly number[], index: number, S: Float64Array) {
  let [first, number] = [0, 0];
  while (index >= first + blocks[number]!) first += blocks[number++]!;
  const n = blocks[number]!;
  const p = meaningOf("softmax", S.slice(first, first + n));
  const slope = new Float64Array(S.length);
  slope.set(backward("softmax", p, only(n, index - first, 1)), first);
  return { value: p[index - first]!, slope };
}

function meaningOf(link: Link, S: Float64Array): Float64Array {
  const meaning = S.slice();
  links[link](meaning, meaning.length);
  return meaning;
}

/** Derivatives by S from derivatives by p = link(S). */
function backward(link: Link, p: Float64Array, dP: Float64Array): Float64Array {
  if (link === "softmax") {
    const mean = p.reduce((sum, value, j) => sum + value * dP[j]!, 0);
    return p.map((value, j) => value * (dP[j]! - mean));
  }
  if (link === "sigmoid") return p.map((value, j) => value * (1 - value) * dP[j]!);
  return link === "exp" ? p.map((value, j) => value * dP[j]!) : dP;
}

const same = (mean: number) => mean;

/** The inverse of each link: S for an averaged answer; of normal distributions only the means are used. */
const inverse = {
  identity: same,
  gaussian: same,
  exp: Math.log,
  softmax: Math.log,
  sigmoid: (p) => Math.log(p) - Math.log1p(-p),
} satisfies Record<Link, (mean: number) => number>;

const inverseSlope = {
  identity: () => 1,
  gaussian: () => 1,
  exp: (rate) => 1 / rate,
  softmax: (p) => 1 / p,
  sigmoid: (p) => 1 / (p * (1 - p)),
} satisfies Record<Link, (mean: number) => number>;

function only(length: number, index: number, value: number): Float64Array {
  const values = new Float64Array(length);
  values[index] = value;
  return values;
}
