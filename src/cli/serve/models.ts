/** The models that are served, by name: loaded, loaded again while they are asked, and let go when nobody asks any more. */
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { KernelsChoice } from "../../engine/choose.ts";
import { AnswerQueue } from "../../evaluate/answerQueue.ts";
import { Predictor } from "../../evaluate/predictor.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { fileNameOf } from "../../support/fileName.ts";

/** A model file as it was when it was read. */
export class Loaded {
  private users = 0;
  private isRetired = false;
  private readonly queues = new Map<string, AnswerQueue>();

  constructor(
    readonly predictor: Predictor,
    /** Hears of rows that have been answered. */
    readonly told: (rows: number) => void,
  ) {}

  get sum(): string {
    return this.predictor.saved.checkpoint.digests.sha256;
  }

  /** Records that wait for answers. */
  get waiting(): number {
    let sum = 0;
    for (const queue of this.queues.values()) sum += queue.waiting;
    return sum;
  }

  /** Callers with the same wishes share a queue. @throws UserError(usage) */
  queueFor(proba: boolean, topK: number): AnswerQueue {
    const key = `${proba} ${topK}`;
    let queue = this.queues.get(key);
    if (!queue) {
      queue = new AnswerQueue(this.predictor, { proba, topK }, this.told);
      if (this.queues.size < mostQueues) this.queues.set(key, queue);
    }
    return queue;
  }

  /** Keeps the model until `leave`. */
  enter(): this {
    this.users++;
    return this;
  }

  leave(): void {
    if (--this.users === 0 && this.isRetired) void this.predictor.close();
  }

  /** Nobody new will ask. */
  retire(): void {
    this.isRetired = true;
    if (this.users === 0) void this.predictor.close();
  }
}

/** Of different wishes: as many as a model with that many classes has, and no memory for one who tries all numbers. */
const mostQueues = 256;

export class ServedModel {
  rows = 0;
  batches = 0;

  private constructor(
    readonly name: string,
    readonly path: string,
    private readonly choice: KernelsChoice,
    private loaded: Loaded,
  ) {}

  static async open(name: string, path: string, choice: KernelsChoice): Promise<ServedModel> {
    const predictor = await Predictor.open(path, choice);
    const model: ServedModel = new ServedModel(
      name,
      path,
      choice,
      new Loaded(predictor, (rows) => model.tell(rows)),
    );
    return model;
  }

  /** What answers now. */
  get current(): Loaded {
    return this.loaded;
  }

  /** Reads the file again; whoever has asked is still answered by what was read before. @throws UserError */
  async reload(): Promise<void> {
    const predictor = await Predictor.open(this.path, this.choice);
    const before = this.loaded;
    this.loaded = new Loaded(predictor, (rows) => this.tell(rows));
    before.retire();
  }

  /** A batch has been computed. */
  tell(rows: number): void {
    this.rows += rows;
    this.batches++;
  }
}

/** Names and paths as the command line has them: `runs/iris/best.ckpt` is called iris, `other=iris.ckpt` other. */
export function namedModels(given: readonly string[]): Map<string, string> {
  const models = new Map<string, string>();
  for (const text of given) {
    const [, own, rest] = /^([^=/\\]+)=(.+)$/s.exec(text) ?? [];
    const isNamed = own !== undefined && rest !== undefined && !existsSync(text);
    const path = isNamed ? rest : text;
    const name = fileNameOf(isNamed ? own : nameOf(path));
    const other = models.get(name);
    if (other !== undefined)
      throw new UserError(exitCodes.usage, {
        message: `two models are called ${name}: ${other} and ${path}`,
        hint: `give one another name: other=${path}`,
      });
    models.set(name, path);
  }
  return models;
}

function nameOf(path: string): string {
  const file = basename(path).replace(/\.[^.]*$/, "");
  const isOfRun = file === "best" || file === "last";
  return (isOfRun && basename(dirname(resolve(path)))) || file || "model";
}
