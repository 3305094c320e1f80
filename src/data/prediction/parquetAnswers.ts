/**
 * Answers as a Parquet file: a group of rows at a time, so that memory stays bounded. What is passed through is text as
 * it was written, for only the last row could tell that a column holds numbers alone.
 */
import { ByteWriter as ParquetBytes, ParquetWriter } from "hyparquet-writer";
import { type Problem, sentence } from "../../support/errors.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { endsOf } from "../preprocessing/intervals.ts";
import { classLists } from "../preprocessing/preprocessing.ts";
import { type AnswerPlan, type AnswerWriter, answerNamesOf, classesWithin, ranked } from "./answerPlan.ts";

/** Rows of a group: some megabytes of a usual table. */
const groupRows = 2 ** 16;

type Cell = string | number | null;

export function parquetAnswers(plan: AnswerPlan): AnswerWriter {
  return new ParquetAnswers(plan);
}

class ParquetAnswers implements AnswerWriter {
  private readonly bytes = new ParquetBytes();
  private readonly writer: ParquetWriter;
  private readonly names: readonly string[];
  private readonly classes: readonly (readonly string[])[] | null;
  private columns: Cell[][];

  constructor(private readonly plan: AnswerPlan) {
    const kept = plan.kept.map(({ name }) => ({ name, holds: "text" as const }));
    const columns = [...kept, ...answerNamesOf(plan)];
    this.names = columns.map(({ name }) => name);
    this.classes = classLists(plan.preprocessing);
    this.columns = columns.map(() => []);
    const elements = columns.map(({ name, holds }) =>
      holds === "number"
        ? { name, type: "DOUBLE" as const, repetition_type: "OPTIONAL" as const }
        : {
            name,
            type: "BYTE_ARRAY" as const,
            converted_type: "UTF8" as const,
            repetition_type: "OPTIONAL" as const,
          },
    );
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: [{ name: "root", num_children: elements.length }, ...elements],
      createdBy: "nnt",
    });
  }

  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void {
    const { decoder, proba, recordsErrors } = this.plan;
    decoder.decode(outputs, at);
    const { predictions, probabilities, deviations } = decoder;
    this.add([
      ...this.kept(batch, record),
      ...Array.from(predictions, (value, j) => this.classes?.[j]?.[value] ?? value),
      ...(deviations ?? []),
      ...(decoder.quantiles ?? []),
      ...this.interval(),
      ...(proba ? probabilities! : []),
      ...this.top(),
      ...(recordsErrors ? [null] : []),
    ]);
  }

  problem(batch: RowBatch, record: number, problem: Problem): void {
    const kept = this.kept(batch, record);
    const empty = new Array<null>(this.names.length - kept.length - 1).fill(null);
    this.add([...kept, ...empty, sentence(problem)]);
  }

  end(): void {
    this.writeGroup();
    this.writer.finish();
  }

  take(): Uint8Array {
    const taken = this.bytes.getBytes().slice();
    this.bytes.index = 0;
    return taken;
  }

  private add(cells: readonly Cell[]): void {
    for (const [j, cell] of cells.entries()) this.columns[j]!.push(cell);
    if (this.columns[0]!.length === groupRows) this.writeGroup();
  }

  private writeGroup(): void {
    if (this.columns[0]!.length === 0) return;
    const columnData = this.names.map((name, j) => ({ name, data: this.columns[j]! }));
    this.writer.write({ columnData, rowGroupSize: groupRows });
    this.columns = this.names.map(() => []);
  }

  private kept(batch: RowBatch | null, record: number): Cell[] {
    if (batch === null) return [];
    return this.plan.kept.map(({ field }) =>
      batch.hasFields(record) && !batch.isNull(record, field) ? batch.text(record, field) : null,
    );
  }

  private interval(): Cell[] {
    const { decoder, reach } = this.plan;
    if (!reach) return [];
    const names = this.classes?.[0];
    if (names)
      return [
        classesWithin(decoder, reach.distances[0]!)
          .map((c) => names[c]!)
          .join("|"),
      ];
    return decoder.names.flatMap((_, j) => endsOf(decoder, reach, j));
  }

  private top(): Cell[] {
    const { decoder, topK } = this.plan;
    if (topK === 0) return [];
    const best = ranked(decoder.probabilities!).slice(0, topK);
    return best.flatMap((c) => [this.classes![0]![c]!, decoder.probabilities![c]!]);
  }
}
