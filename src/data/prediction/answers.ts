/** Writes answers in any of the formats that tables have: kept columns, predictions, probabilities, or what was wrong. */
import type { RowFormat } from "../../support/fileFormats.ts";
import type { AnswerPlan, AnswerWriter } from "./answerPlan.ts";
import { CsvAnswers } from "./csvAnswers.ts";
import { JsonAnswers } from "./jsonAnswers.ts";

const writers = {
  csv: async (plan) => new CsvAnswers(plan, ","),
  tsv: async (plan) => new CsvAnswers(plan, "\t"),
  jsonl: async (plan) => new JsonAnswers(plan),
  parquet: async (plan) => (await import("./parquetAnswers.ts")).parquetAnswers(plan),
} satisfies Record<RowFormat, (plan: AnswerPlan) => Promise<AnswerWriter>>;

/** Collects answers as bytes; what comes before the first is there at once. */
export function answersAs(format: RowFormat, plan: AnswerPlan): Promise<AnswerWriter> {
  return writers[format](plan);
}
