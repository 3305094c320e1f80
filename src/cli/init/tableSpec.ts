/** What `nnt train` is given: a spec, or a table and what to predict, which gets the spec that `nnt init` would write. */
import type { LoadedSpec, LoadOptions } from "../../config/load.ts";
import { loadSpec, parseSpec } from "../../config/load.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { formatNamed, formatOf } from "../../support/fileFormats.ts";
import type { Described } from "./specText.ts";
import { wantedOf } from "./wanted.ts";
import { written } from "./written.ts";

interface Asked extends LoadOptions {
  /** As `--target` has it. null: the file is a spec. */
  readonly target: string | null;
  readonly effort: Described["effort"] | null;
  readonly task: Described["task"];
}

/**
 * The spec, and sentences for what was left out of it. A table's paths and overrides start in the working directory.
 * @throws UserError: usage, io, data
 */
export async function specFrom(
  file: string,
  { target, effort, task, ...options }: Asked,
): Promise<{ spec: LoadedSpec; notes: readonly string[] }> {
  const format = formatNamed(file);
  const isTable = format !== null && formatOf(format).holds === "rows";
  if (target === null) {
    if (isTable) throw noTarget(file);
    return { spec: loadSpec(file, options), notes: [] };
  }
  if (/\.(ya?ml|json)$/i.test(file)) throw noTable(file);
  const wanted = await wantedOf({ data: file, target, template: "table" }, null);
  const name = `${wanted.name}.yaml`;
  const { text, notes } = await written(wanted, name, { effort: effort ?? "good", task });
  return { spec: parseSpec(text, name, options), notes };
}

function noTarget(file: string): UserError {
  return new UserError(exitCodes.usage, {
    file,
    message: "a table, and no column of it is named that is to be predicted",
    expected: "a spec, or a table with --target",
    hint: `nnt train ${file} --target COLUMN`,
  });
}

function noTable(file: string): UserError {
  return new UserError(exitCodes.usage, {
    file,
    message: "--target is for a table, and this is a spec",
    expected: "a table with --target, or a spec without",
    hint: "--set data.target=COLUMN changes a spec's target for one run",
  });
}
