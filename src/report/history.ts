/** What a training's curves are drawn from while it runs: a bounded number of points, however many epochs. */
import type { EpochEvent, ProgressEvent } from "../train/events.ts";
import { type Curve, drawPlot } from "./plot.ts";
import { plainStyle, type Style } from "./style.ts";
import { cut, figure, widthOf } from "./text.ts";

type Point = readonly [epoch: number, value: number];

/** More points than any terminal has columns. */
const mostPoints = 2000;
/** The first epochs, with their large losses, are left out once there are enough others. */
const leastToSkip = 40;
const skippedShare = 0.05;
/** Figures that have a plot of their own where there is room: the first that is there. */
const headlines = ["accuracy", "f1_macro", "r2", "rmse", "mae"];

/** One figure of the training and the validation rows. */
interface Pair {
  readonly train: Point[];
  readonly validation: Point[];
}

export class History {
  private readonly figures = new Map<string, Pair>();
  private epochs = 0;

  takeEpoch({ epoch, train, validation }: EpochEvent): void {
    this.epochs++;
    if (this.epochs === 2) this.pair("loss").train.splice(0, this.pair("loss").train.length - 1);
    for (const [split, figures] of [
      ["train", train],
      ["validation", validation ?? {}],
    ] as const)
      for (const [name, value] of Object.entries(figures)) push(this.pair(name)[split], [epoch, value]);
  }

  /** In the first epoch, its loss on the way is all there is; the second one's end drops it again. */
  takeProgress({ epoch, epochs, step, steps, loss }: ProgressEvent): void {
    if (this.epochs === 0) push(this.pair("loss").train, [Math.min(epoch, (step / steps) * epochs), loss]);
  }

  /** Whether there is more than a dot to draw. */
  get isDrawable(): boolean {
    return (this.figures.get("loss")?.train.length ?? 0) > 1;
  }

  /** The loss and, where there is room for two, the figure that people ask for beside it. */
  draw(width: number, height: number, style: Style): string[] {
    const headline = headlines.find((name) => this.figures.has(name));
    if (headline === undefined || width < leastForTwo) return this.plot("loss", width, height, style);
    const half = Math.floor((width - gap.length) / 2);
    const [left, right] = [this.plot("loss", half, height, style), this.plot(headline, half, height, style)];
    return left.map((line, row) => {
      const padding = " ".repeat(Math.max(0, half - widthOf(line)));
      return line + padding + gap + right[row]!;
    });
  }

  private plot(name: string, width: number, height: number, style: Style): string[] {
    const { train, validation } = this.pair(name);
    const isPlain = style === plainStyle;
    const skipped = train.length >= leastToSkip ? Math.floor(train.length * skippedShare) : 0;
    const from = train[skipped]?.[0] ?? 0;
    const isShown = ([epoch]: Point) => epoch >= from;
    const curves = [
      { split: "train", mark: isPlain ? "··" : "──", points: train, paint: style.accent, isDotted: isPlain },
      { split: "validation", mark: "──", points: validation, paint: style.warn, isDotted: false },
    ]
      .map((curve) => ({ ...curve, points: curve.points.filter(isShown) }))
      .filter(({ points }) => points.length > 0) satisfies Curve[];
    const legend = curves.map(({ split, mark, points }) => `${mark} ${split} ${figure(points.at(-1)![1])}`);
    const epochs = `epochs ${Math.max(1, Math.floor(from))}–${Math.ceil(train.at(-1)?.[0] ?? 1)}`;
    const title = cut([name, ...legend, epochs].join("  "), width);
    const painted = curves.reduce(
      (text, { split, mark, paint }) => text.replace(`${mark} ${split}`, `${paint(mark)} ${split}`),
      title,
    );
    return [painted, ...drawPlot(curves, { width, height: height - 1 }, style.dim)];
  }

  private pair(name: string): Pair {
    const known = this.figures.get(name);
    if (known) return known;
    const pair: Pair = { train: [], validation: [] };
    this.figures.set(name, pair);
    return pair;
  }
}

const leastForTwo = 120;
const gap = "   ";

/** Adds a point; of too many, every other one goes. */
function push(points: Point[], point: Point): void {
  points.push(point);
  if (points.length > mostPoints) points.splice(0, Infinity, ...points.filter((_, index) => index % 2 === 0));
}
