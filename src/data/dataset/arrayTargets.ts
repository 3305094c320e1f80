/** An array of labels, one for each record, as a target column. */
import { exitCodes, UserError } from "../../support/errors.ts";
import type { TargetColumn } from "../../tasks/task.ts";
import { type Target, taskOf } from "../../tasks/tasks.ts";
import type { Elements } from "../formats/arrays/arrayBytes.ts";
import { finiteValues, type NumberArray, recordShape } from "../formats/arrays/readArray.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import { mostNumberClasses } from "../preprocessing/targetColumns.ts";
import { mergedLabel } from "../table/arrayTable.ts";
import { sortLabels } from "../table/labels.ts";

/** Whole numbers are classes, at most twenty of them unless they are bytes. Throws UserError(data). */
export function labelColumn(array: NumberArray): TargetColumn {
  const values = labelsOf(array);
  return {
    name: "label",
    isText: false,
    get looksLikeClasses() {
      const found = new Set<number>(values);
      const isFew = array.type === "uint8" || found.size <= mostNumberClasses;
      return isFew && [...found].every(Number.isInteger);
    },
    get looksLikeFlags() {
      return values.every((value) => value === 0 || value === 1);
    },
    labels: () => sortLabels([...new Set<number>(values)].map(String)),
    classNumbers: (classes) => classNumbers(classes, values, array.file),
    flags: () => classNumbers(["0", "1"], values, array.file),
    numbers: () => Float64Array.from(values),
  };
}

/** Targets [rows × targetWidth]. Throws UserError(data). */
export function encodeLabels(target: Target, array: NumberArray): Float32Array {
  const task = taskOf(target.task);
  if (task.columns(target).length === 1) return task.encode(target, [labelColumn(array)]);
  throw new UserError(exitCodes.data, {
    message: "the model was trained on several labels per record",
    expected: "data as in training",
  });
}

function labelsOf(array: NumberArray): Elements {
  if (recordShape(array).cols === 1) return finiteValues(array);
  const message = `labels of shape ${array.shape.join(" × ")}`;
  throw dataError({ file: array.file, message, expected: "one label per record" });
}

function classNumbers(classes: readonly string[], values: Elements, file: string): Float32Array {
  const numbers = new Map(classes.map((label, number) => [Number(label), number]));
  const problems = new ProblemList();
  const out = new Float32Array(values.length);
  for (const [row, value] of values.entries()) {
    const number = numbers.get(value);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) problems.add({ file, ...mergedLabel(value, row) });
    else if (number === undefined) {
      const message = `label ${value} of record ${row} is none of the classes`;
      problems.add({ file, message, expected: `one of ${classes.join(", ")}` });
    } else out[row] = number;
  }
  problems.throwIfAny();
  return out;
}
