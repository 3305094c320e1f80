/** Out-of-fold predictions: for every row, by the model that was trained without it; in the rows' order. */
import { ByteWriter } from "../data/formats/byteWriter.ts";
import { Decoder } from "../data/preprocessing/decode.ts";
import { classLists, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { Watcher } from "./watchers.ts";

/** Lines of a CSV file: `row` (from 1, of all files in their order), `fold`, predictions and probabilities as `predict` has them. */
export class OutOfFold {
  private header = "";
  private readonly lines: { readonly row: number; readonly line: string }[] = [];

  /** Watches the evaluation of one fold's rows. */
  observer(preprocessing: Preprocessing, indices: Int32Array, fold: number): Watcher {
    const decoder = new Decoder(preprocessing);
    const classes = classLists(preprocessing);
    const out = new ByteWriter();
    /** Predictions come after the row and the fold. */
    const line = (fields: readonly (string | number)[]) => {
      for (const [index, field] of fields.entries()) {
        if (index > 0) out.text(",");
        if (typeof field === "string") out.csvField(field);
        else out.number(field, decoder.steps[index - 2] ?? 0);
      }
      out.text("\n");
      return out.take().toString();
    };
    const { names, predictions } = decoder;
    const probabilityNames = decoder.probabilities
      ? decoder.classes!.map((name) => `probability_${name}`)
      : [];
    const predictionNames = names.length === 1 ? ["prediction"] : names.map((name) => `prediction_${name}`);
    this.header = line(["row", "fold", ...predictionNames, ...probabilityNames]);
    return {
      see: (_predictions, _targets, first, S) => {
        for (let at = 0, row = first; at < S.length; at += decoder.outputs, row++) {
          decoder.decode(S as Float32Array, at);
          const answers = classes ? classes.map((labels, j) => labels[predictions[j]!]!) : predictions;
          const place = indices[row]! + 1;
          const fields = [String(place), fold, ...answers, ...(decoder.probabilities ?? [])];
          this.lines.push({ row: place, line: line(fields) });
        }
      },
    };
  }

  text(): string {
    const lines = this.lines.toSorted((a, b) => a.row - b.row).map(({ line }) => line);
    return this.header + lines.join("");
  }
}
