/** `nnt init`: a spec for a table, a curve or images, with all that the data tells, to be read and changed. */
import { basename, dirname, join, relative } from "node:path";
import { profileTable } from "../../data/table/profile.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere, readBytes } from "../../support/files.ts";
import { writeFile } from "../../support/fileWriter.ts";
import type { Action } from "../actions.ts";
import { imageSpec } from "../init/imageSpec.ts";
import { openQuestions, type Questions } from "../init/questions.ts";
import { specText } from "../init/specText.ts";
import { type Wanted, wantedOf } from "../init/wanted.ts";

export const init: Action<"init"> = async ({ stdin, out, err }, data, options) => {
  const questions = options.interactive ? openQuestions(stdin(), err) : null;
  try {
    const wanted = await wantedOf({ data, ...options }, questions);
    const path = await pathOf(`${wanted.name}.yaml`, options, questions);
    const { text, hint, sample } = await written(wanted, path);
    if (path === "-") {
      await out.write(text);
      return 0;
    }
    const isSampleThere = sample !== null && isThere(sample.path);
    if (sample && !isSampleThere) write(sample.path, sample.bytes);
    write(path, text);
    const files = sample && !isSampleThere ? `${path} and ${sample.path}` : path;
    await err.line(`wrote ${files}; read it, then: nnt train ${path}`);
    if (hint) await err.line(`hint: ${hint}`);
    return 0;
  } finally {
    questions?.close();
  }
};

/** Where to write the spec. Throws UserError(io) when a file is there that may not be replaced. */
async function pathOf(
  fallback: string,
  { out, overwrite }: { readonly out: string | null; readonly overwrite: boolean },
  questions: Questions | null,
): Promise<string> {
  const free = (path: string) => {
    if (path === "-" || overwrite || !isThere(path)) return path;
    throw new UserError(exitCodes.io, {
      file: path,
      message: "there is a file already",
      hint: "--out FILE writes another, --overwrite replaces it",
    });
  };
  if (out !== null || !questions) return free(out ?? fallback);
  return questions.ask("Spec to write?", fallback, free);
}

/** The spec, and the sample that belongs beside it. */
async function written(wanted: Wanted, path: string) {
  const { name } = wanted;
  const isStdout = path === "-";
  const directory = isStdout ? "." : dirname(path);
  const command = isStdout ? `${name}.yaml` : path;
  if (wanted.template === "image") {
    const folder = relative(directory, wanted.folder) || ".";
    return { ...(await imageSpec(wanted.folder, folder, name, command)), sample: null };
  }
  const { file, isSample, table, target, template } = wanted;
  const sample = isSample ? { path: join(directory, basename(file)), bytes: readBytes(file) } : null;
  const text = specText({
    name,
    template,
    path: sample ? basename(file) : relative(directory, file),
    command,
    target,
    rows: table.rows,
    columns: profileTable(table),
    values: table,
  });
  return { text, hint: "", sample };
}

function write(path: string, content: string | Uint8Array): void {
  const writer = writeFile(path);
  writer.write(content);
  writer.commit();
}
