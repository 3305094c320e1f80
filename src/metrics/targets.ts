/** What is kept of several classifications of the same rows: each by itself, and the rows that are right in all. */
import { allRows, GroupedSums, type Sample } from "./bootstrap.ts";
import { ClassStats, type ClassView, type StatsOptions, type Values } from "./classification.ts";

const slots = { rows: 0, exact: 1, count: 2 } as const;

/** What metrics of several classifications follow from, over all rows or a sample. */
export interface TargetsView {
  readonly rows: number;
  /** Rows right in every target. */
  readonly exact: number;
  readonly targets: readonly ClassView[];
}

/** One class per row and target: probabilities [rows × classes of all targets], a target after the other. */
export class TargetsStats {
  private readonly targets: readonly ClassStats[];
  private readonly sums: GroupedSums;
  private rows = 0;

  /** @param blocks how many classes each target has */
  constructor(
    private readonly blocks: readonly number[],
    options: StatsOptions,
  ) {
    this.targets = blocks.map((classes) => new ClassStats(classes, options));
    this.sums = new GroupedSums(slots.count, options.isGrouped);
  }

  /** targets [rows × targets]: class numbers. */
  add(probabilities: Values, targets: Values): void {
    const { blocks } = this;
    const rows = targets.length / blocks.length;
    const width = probabilities.length / rows;
    const areRight = new Uint8Array(rows).fill(1);
    let from = 0;
    for (const [t, classes] of blocks.entries()) {
      const own = new Float64Array(rows * classes);
      const actual = new Float64Array(rows);
      for (let r = 0; r < rows; r++) {
        actual[r] = targets[r * blocks.length + t]!;
        let likeliest = 0;
        for (let c = 0; c < classes; c++) {
          own[r * classes + c] = probabilities[r * width + from + c]!;
          if (own[r * classes + c]! > own[r * classes + likeliest]!) likeliest = c;
        }
        if (likeliest !== actual[r]) areRight[r] = 0;
      }
      this.targets[t]!.add(own, actual);
      from += classes;
    }
    for (const isRight of areRight) {
      const at = this.sums.at(this.rows++);
      this.sums.values[at + slots.rows]! += 1;
      this.sums.values[at + slots.exact]! += isRight;
    }
  }

  view(sample: Sample = allRows): TargetsView {
    const sums = this.sums.total(sample);
    return {
      rows: sums[slots.rows]!,
      exact: sums[slots.exact]!,
      targets: this.targets.map((stats) => stats.view(sample)),
    };
  }
}
