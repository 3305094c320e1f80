/** Fits the preprocessing of input columns on the training rows. Sees no other row's values. */
import type { CsvDataSpec } from "../config/schema.ts";
import { sortLabels } from "./labels.ts";
import { booleanCodes } from "./matrix.ts";
import type { BooleanColumn, CategoryColumn, InputColumn, NumberColumn } from "./preprocessing.ts";
import { dataError } from "./problems.ts";
import type { ColumnRole } from "./roles.ts";
import { fitScaling, meanAndDeviation, median, mostFrequent } from "./statistics.ts";
import type { TableColumn } from "./table.ts";

/** `values`: the column's in the training rows, as the table holds them. Throws UserError(data). */
export function fitColumn(
  role: ColumnRole,
  column: TableColumn,
  values: Float32Array,
  spec: Pick<CsvDataSpec, "scale" | "missing">,
): InputColumn {
  if (role.type === "category") return fitCategory(role, column, values, spec);
  if (role.type === "boolean") return fitBoolean(role, column, values, spec);
  return fitNumber(role, values, spec);
}

function fitNumber(
  role: ColumnRole,
  values: Float32Array,
  spec: Pick<CsvDataSpec, "scale" | "missing">,
): NumberColumn {
  const policy = role.spec?.missing ?? (spec.missing === "error" ? "error" : "median");
  let fill: number | null = null;
  if (policy === "mean") fill = meanAndDeviation(values).mean;
  else if (policy === "most_frequent") fill = mostFrequent(values);
  else if (policy !== "error") fill = median(values);
  if (fill !== null && Number.isNaN(fill)) fill = 0;
  return {
    type: "number",
    name: role.name,
    missingValues: role.missing,
    scaling: fitScaling(role.spec?.scale ?? spec.scale, values),
    fill,
    indicator: policy === "category",
  };
}

function fitBoolean(
  role: ColumnRole,
  column: TableColumn,
  values: Float32Array,
  spec: Pick<CsvDataSpec, "missing">,
): BooleanColumn {
  const codes = booleanCodes(column);
  const policy = role.spec?.missing ?? (spec.missing === "error" ? "error" : "most_frequent");
  const booleans = values.map((level) => (Number.isNaN(level) ? Number.NaN : codes[level]!));
  const frequent = mostFrequent(booleans);
  const mean = meanAndDeviation(booleans).mean;
  const fill = policy === "error" ? null : policy === "mean" ? mean : Number.isNaN(frequent) ? 0 : frequent;
  const indicator = policy === "category";
  return { type: "boolean", name: role.name, missingValues: role.missing, fill, indicator };
}

function fitCategory(
  role: ColumnRole,
  column: TableColumn,
  values: Float32Array,
  spec: Pick<CsvDataSpec, "missing">,
): CategoryColumn {
  const present = new Set<number>();
  let anyMissing = false;
  for (const level of values) {
    if (Number.isNaN(level)) anyMissing = true;
    else present.add(level);
  }
  const levels = sortLabels([...present].map((level) => column.levels[level]!));
  const policy = role.spec?.missing ?? (spec.missing === "error" ? "error" : "category");
  if (policy === "mean" || policy === "median") {
    throw dataError({
      message: `column "${role.name}" is a category, its missing values have no ${policy}`,
      expected: "missing: error, most_frequent or category",
    });
  }
  let fill: number | null = anyMissing ? levels.length : -1;
  if (policy === "error") fill = null;
  else if (policy === "most_frequent") {
    const frequent = mostFrequent(values);
    fill = Number.isNaN(frequent) ? -1 : levels.indexOf(column.levels[frequent]!);
  }
  return { type: "category", name: role.name, missingValues: role.missing, levels, fill };
}
