/** `nnt inspect`: what is in a model, a data file or a spec. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { defineCommand } from "../command.ts";
import type { FileKind, Inspected } from "../inspect/kind.ts";
import { debug, json } from "../options.ts";
import { integer } from "../values.ts";

export const command = defineCommand({
  argument: {
    name: "FILE",
    help: "a model (.ckpt, .safetensors), data (CSV, TSV, JSON Lines, IDX or NPY, also .gz or .zst, or Parquet) or a spec",
  },
  options: {
    head: { value: integer("N", 0), help: "show the first N records of a data file" },
    json,
    debug,
  },
  examples: [
    ["nnt inspect runs/digits/best.ckpt", "tensors, shapes, parameters, classes"],
    ["nnt inspect data/iris.csv --head 5", "columns and the first records"],
    ["nnt inspect configs/digits.yaml", "the network, layer by layer"],
  ],
  async run({ out, version }, file, { head, json }) {
    const { kindOf } = await import("../inspect/kind.ts");
    const kind = await kindOf(file);
    if (head !== null && kind !== "table" && kind !== "array") {
      throw new UserError(exitCodes.usage, {
        file,
        message: `--head shows records of a data file, and this is a ${kind}`,
      });
    }
    const { json: object, draw } = await inspectors[kind](file, head, version);
    if (json) await out.json(object);
    else await out.lines(draw(await out.style(), out.columns));
    return 0;
  },
});

/** Each kind loads only what it needs: the spec's takes zod, the others don't. */
const inspectors = {
  model: async (file) => (await import("../inspect/inspectModel.ts")).inspectModel(file),
  array: async (file, head) => (await import("../inspect/inspectArray.ts")).inspectArray(file, head),
  table: async (file, head) => (await import("../inspect/inspectTable.ts")).inspectTable(file, head),
  spec: async (file, _, version) =>
    (await import("../inspect/inspectSpec.ts")).inspectSpec(file, {}, version),
} satisfies Record<FileKind, (file: string, head: number | null, version: string) => Promise<Inspected>>;
