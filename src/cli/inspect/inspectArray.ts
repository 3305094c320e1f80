/** What an IDX or NPY file holds: an array of some type and shape, its records as texts and as images. */
import { type NumberArray, readArray, recordShape } from "../../data/formats/arrays/readArray.ts";
import { elementNames } from "../../data/preprocessing/preprocessing.ts";
import { featureNames } from "../../data/table/arrayTable.ts";
import { range } from "../../data/table/statistics.ts";
import { drawImage } from "../../report/image.ts";
import type { Style } from "../../report/style.ts";
import { facts } from "../../report/table.ts";
import { counted, shape as shapeText } from "../../report/text.ts";
import type { Inspected } from "./kind.ts";

/** With the first `head` records unless that is null. Throws UserError(data) with what is wrong in the file. */
export async function inspectArray(file: string, head: number | null): Promise<Inspected> {
  const array = await readArray(file);
  const { rows, cols } = recordShape(array);
  const recordSizes = array.shape.slice(1);
  const names = recordSizes.length === 0 ? ["label"] : namesIn(array);
  const records = Array.from({ length: Math.min(head ?? 0, rows) }, (_, record) =>
    array.values.subarray(record * cols, (record + 1) * cols),
  );
  const { min, max } = range(array.values);
  return {
    json: {
      kind: array.format,
      file,
      type: array.type,
      shape: array.shape,
      columns: names.map((name) => ({ name, type: "number" })),
      rows,
      ...(head === null ? {} : { head: records.map((values) => Array.from(values, shortest)) }),
    },
    draw: (style, width) => [
      ...facts(
        [
          [
            "records",
            counted(rows, "record") + (recordSizes.length > 0 ? ` of ${shapeText(recordSizes)}` : ""),
          ],
          ["type", array.type],
          ["values", rows * cols > 0 ? `${shortest(min)} … ${shortest(max)}` : "none"],
        ],
        style.dim,
      ),
      ...records.flatMap((values, index) => drawRecord(values, index, recordSizes, style, width)),
    ],
  };
}

/** As training names them: columns of a table, or pixels. */
function namesIn(array: NumberArray): string[] {
  const isTable = array.format === "npy" && array.shape.length === 2 && array.type !== "uint8";
  return isTable ? featureNames(array) : elementNames(array.shape.slice(1));
}

/** A record of two dimensions as an image, any other as its numbers. */
function drawRecord(
  values: ArrayLike<number>,
  index: number,
  sizes: readonly number[],
  style: Style,
  width: number,
): string[] {
  const title = style.dim(`record ${index}`);
  if (sizes.length === 2) return ["", title, ...drawImage(values, sizes[1]!, width)];
  return [`${title}  ${Array.from(values, shortest).join(" ")}`];
}

/** The shortest decimal that is this 32-bit float. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return String(candidate);
  }
  return String(Number(value.toPrecision(9)));
}
