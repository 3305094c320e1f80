/** `nnt export`: reads a model file and writes it as others' files, whole or not at all. */
import { resolve } from "node:path";
import { readModel, type SavedModel } from "../evaluate/savedModel.ts";
import { exitCodes, quoted, UserError } from "../support/errors.ts";
import { writeFile } from "../support/fileWriter.ts";
import { type ExportTarget, exporters, peculiarities } from "./exporters.ts";
import { portableOf } from "./portable.ts";

export interface ExportOptions {
  readonly model: string;
  /** null: what the output's name says. */
  readonly to: ExportTarget | null;
  /** null: beside the model, named as it is. */
  readonly output: string | null;
  readonly version: string;
}

export interface Exported {
  /** Of the files written, the one asked for first. */
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws UserError: usage, model, io */
export function exportModel({ model, to, output, version }: ExportOptions): Exported {
  const target = to ?? targetOf(output);
  const saved = readModel(model);
  const portable = portableOf(saved);
  const { extensions, lacks } = exporters[target];
  const lacking = lacks.find((name) => peculiarities[name].isIn(portable.preprocessing));
  if (lacking) throw cannotHold(target, lacking);
  const given = extensions.find((extension) => output?.toLowerCase().endsWith(extension));
  const extension = given ?? extensions[0];
  const stem =
    output === null ? model.replace(/\.[^./]*$/, "") : given ? output.slice(0, -given.length) : null;
  const files = exporters[target].files(portable, extension, version);
  const paths = files.map((file, index) =>
    stem !== null ? stem + file.extension : index === 0 ? output! : output! + file.extension,
  );
  for (const path of paths) {
    if (resolve(path) !== resolve(model)) continue;
    throw new UserError(exitCodes.usage, {
      message: `the export would replace the model ${path}`,
      expected: "another --output",
    });
  }
  for (const [index, { chunks }] of files.entries()) write(paths[index]!, chunks);
  return { paths, warnings: spellingsOf(saved) };
}

/** What whoever calls an exported model has to do: it compares texts as they stand. */
function spellingsOf({ data, preprocessing: { inputs } }: SavedModel): string[] {
  if (data.format !== "csv" || inputs.kind !== "columns") return [];
  const columns = new Map(Object.entries(data.columns));
  return inputs.columns.flatMap(({ name }) => {
    const { trim = false, case: inCase = null } = columns.get(name) ?? {};
    const how = [...(trim ? ["without blanks around them"] : []), ...(inCase ? [`in ${inCase} case`] : [])];
    return how.length > 0
      ? [`column ${quoted(name)}: the exported model takes texts ${how.join(" and ")}`]
      : [];
  });
}

function cannotHold(target: ExportTarget, lacking: keyof typeof peculiarities): UserError {
  const { message, instead } = peculiarities[lacking];
  const able = targets.filter((name) => !(exporters[name].lacks as readonly string[]).includes(lacking));
  return new UserError(exitCodes.usage, {
    message: `--to ${target}: ${message}, which ${target} files cannot do`,
    expected: `${able.join(", ")}, or ${instead}`,
  });
}

const targets = Object.keys(exporters) as ExportTarget[];

function write(path: string, chunks: Iterable<string | Uint8Array>): void {
  const file = writeFile(path);
  try {
    for (const chunk of chunks) file.write(chunk);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.commit();
}

function targetOf(output: string | null): ExportTarget {
  const found = targets.find((name) =>
    exporters[name].extensions.some((extension) => output?.toLowerCase().endsWith(extension)),
  );
  if (found !== undefined) return found;
  throw new UserError(exitCodes.usage, {
    message: output === null ? "--to is missing" : `--to is missing, and "${output}" does not say it`,
    expected: `one of ${targets.join(", ")}`,
  });
}
