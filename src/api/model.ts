/** A trained model, open to predict: any number of them at once, each with what it needs and nothing in common. */
import type { Line } from "../data/formats/jsonl/jsonlRows.ts";
import type { Written } from "../data/formats/notation.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { jsonBatch } from "../data/formats/rows.ts";
import { elementNames } from "../data/preprocessing/preprocessing.ts";
import type { BackendName } from "../engine/backend.ts";
import { predictRows } from "../evaluate/predict.ts";
import { largestBatch, Predictor } from "../evaluate/predictor.ts";
import type { Problem } from "../support/errors.ts";
import { answersOf } from "../tasks/tasks.ts";
import { Channel } from "./channel.ts";
import { told } from "./errors.ts";

/** Values by column; extra ones are ignored, null means missing. Of models of images: all pixels in a row. */
export type Row = { readonly [column: string]: unknown } | ArrayLike<number>;

export interface PredictSettings {
  /** Add the probability of each class. */
  readonly proba?: boolean;
  /** Add so many of the most probable classes. */
  readonly topK?: number;
  /** Add what holds the truth with this probability: `lower` and `upper`, or `prediction_set`. */
  readonly interval?: number;
  /** `fail` (so it is if absent) throws at a bad row; `record` answers it with `{ error }`. */
  readonly onError?: "fail" | "record";
}

/** As a line of `nnt predict --to jsonl`; with several targets, `prediction_<name>` each. */
export interface Prediction {
  readonly prediction?: string | number | boolean;
  readonly probabilities?: { readonly [label: string]: number | { readonly [label: string]: number } };
  readonly top?: readonly { readonly class: string | number | boolean; readonly probability: number }[];
  readonly error?: Problem;
  readonly [name: string]: unknown;
}

export interface LoadSettings {
  readonly kernels?: "auto" | BackendName;
  /** Compute threads; absent: all cores. */
  readonly threads?: number;
}

export interface Model {
  readonly name: string;
  readonly task: string;
  /** What rows have; null for images, which have a `shape`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[] | null;
  readonly shape: readonly number[] | null;
  readonly targets: readonly string[];
  /** Of each target that has classes; null: it predicts labels or numbers. */
  readonly classes: readonly (readonly string[])[] | null;
  /** Of the file. */
  readonly sha256: string;
  /** An answer for each row. @throws SpecError, DataError */
  predict(rows: Iterable<Row>, settings?: PredictSettings): Promise<Prediction[]>;
  /** Answers as rows come, in flat memory, each before the next row is asked for. @throws SpecError, DataError */
  predictEach(
    rows: AsyncIterable<Row> | Iterable<Row>,
    settings?: PredictSettings,
  ): AsyncGenerator<Prediction, void>;
  /** Lets memory and threads go, once what was asked has been answered. */
  close(): Promise<void>;
}

class OpenModel implements Model {
  readonly name;
  readonly task;
  readonly columns;
  readonly shape;
  readonly targets;
  readonly classes;
  readonly sha256;
  private readonly elements: readonly string[];

  constructor(private readonly predictor: Predictor) {
    const { preprocessing, checkpoint } = predictor.saved;
    const { inputs, target } = preprocessing;
    const { names, classes } = answersOf(target);
    this.name = String((checkpoint.spec as { name?: unknown }).name);
    this.task = target.task;
    this.columns =
      inputs.kind === "columns" ? inputs.columns.map(({ name, type }) => ({ name, type })) : null;
    this.shape = inputs.kind === "array" ? inputs.shape : null;
    this.elements = inputs.kind === "array" ? elementNames(inputs.shape) : [];
    this.targets = names;
    this.classes = classes;
    this.sha256 = checkpoint.digests.sha256;
  }

  async predict(rows: Iterable<Row>, settings: PredictSettings = {}): Promise<Prediction[]> {
    const answers: Prediction[] = [];
    await this.answer(inBatches(rows), settings, async (some) => {
      answers.push(...some);
    });
    return answers;
  }

  async *predictEach(
    rows: AsyncIterable<Row> | Iterable<Row>,
    settings: PredictSettings = {},
  ): AsyncGenerator<Prediction, void> {
    const answers = new Channel<Prediction>();
    this.answer(oneByOne(rows), settings, async (some) => {
      for (const answer of some) answers.put(answer);
      await answers.empty();
    }).then(
      () => answers.end(),
      (error) => answers.fail(error),
    );
    yield* answers.take();
  }

  close(): Promise<void> {
    return this.predictor.close();
  }

  private async answer(
    batches: AsyncIterable<readonly Row[]>,
    settings: PredictSettings,
    take: (answers: readonly Prediction[]) => Promise<void>,
  ): Promise<void> {
    const { proba = false, topK = null, interval = null, onError = "fail" } = settings;
    const rows = (columns: readonly string[], written: Written) => this.batches(batches, columns, written);
    const options = { rows, to: "jsonl", proba, topK, interval, onError, keep: null } as const;
    try {
      await predictRows(this.predictor, options, async (chunk) => {
        const lines = Buffer.from(chunk).toString().split("\n").slice(0, -1);
        if (lines.length > 0) await take(lines.map((line) => JSON.parse(line)));
      });
    } catch (error) {
      throw told(error);
    }
  }

  private async *batches(
    rows: AsyncIterable<readonly Row[]>,
    columns: readonly string[],
    written: Written,
  ): AsyncGenerator<RowBatch> {
    let number = 0;
    const lineOf = (row: Row): Line => ({ number: ++number, bytes: Buffer.from(this.text(row)) });
    yield jsonBatch([], columns, written);
    for await (const some of rows) yield jsonBatch(some.map(lineOf), columns, written);
  }

  private text(row: Row): string {
    if (this.shape === null) return JSON.stringify(row);
    const values = row as ArrayLike<number>;
    if (typeof values.length !== "number") return JSON.stringify(row);
    return JSON.stringify(Object.fromEntries(this.elements.map((name, index) => [name, values[index]])));
  }
}

/** Opens a model file. @throws ModelError, ResourceError */
export async function load(path: string, settings: LoadSettings = {}): Promise<Model> {
  const { kernels = "auto", threads = null } = settings;
  try {
    return new OpenModel(await Predictor.open(path, { kernels, threads }));
  } catch (error) {
    throw told(error);
  }
}

async function* inBatches(rows: Iterable<Row>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < largestBatch) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function* oneByOne(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<readonly Row[]> {
  for await (const row of rows) yield [row];
}
