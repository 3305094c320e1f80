/** `nnt inspect`: what a model, a data file or a spec holds. */
import { exitCodes, UserError } from "../../support/errors.ts";
import type { Action } from "../actions.ts";
import type { Inspected } from "../inspect/inspected.ts";
import { type FileKind, kindOf } from "../inspect/kind.ts";

export const inspect: Action<"inspect"> = async ({ out, version }, file, { head, json }) => {
  const kind = await kindOf(file);
  if (head !== null && kind !== "table" && kind !== "array") {
    throw new UserError(exitCodes.usage, {
      file,
      message: `--head shows records of data, and this is a ${kind}`,
    });
  }
  const { json: object, draw } = await inspectors[kind](file, head, version);
  if (json) await out.line(JSON.stringify(object));
  else await out.line(draw(await out.style(), out.columns).join("\n"));
  return 0;
};

/** Each kind loads only what it needs: the spec's takes zod, the others don't. */
const inspectors = {
  model: async (file) => (await import("../inspect/model.ts")).inspectModel(file),
  array: async (file, head) => (await import("../inspect/array.ts")).inspectArray(file, head),
  table: async (file, head) => (await import("../inspect/table.ts")).inspectTable(file, head),
  spec: async (file, _head, version) => (await import("../inspect/spec.ts")).inspectSpec(file, {}, version),
} satisfies Record<FileKind, (file: string, head: number | null, version: string) => Promise<Inspected>>;
