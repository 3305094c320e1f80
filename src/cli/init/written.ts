/** The text of the spec that is wanted, and the sample that belongs beside it. */
import { basename, dirname, join, relative } from "node:path";
import { profileTable } from "../../data/table/profile.ts";
import { readBytes } from "../../support/files.ts";
import { imageSpec } from "./imageSpec.ts";
import { type Described, specText } from "./specText.ts";
import type { Wanted } from "./wanted.ts";

/** `path` is where the spec goes: its own paths start there. */
export async function written(
  wanted: Wanted,
  path: string,
  { effort, task }: Pick<Described, "effort" | "task">,
) {
  const { name } = wanted;
  const isStdout = path === "-";
  const directory = isStdout ? "." : dirname(path);
  const command = isStdout ? `${name}.yaml` : path;
  if (wanted.template === "image") {
    const folder = relative(directory, wanted.folder) || ".";
    return { ...(await imageSpec(wanted.folder, folder, name, command)), sample: null, notes: [] };
  }
  const { file, isSample, table, guessed, words, target, template } = wanted;
  const sample = isSample ? { path: join(directory, basename(file)), bytes: readBytes(file) } : null;
  const { text, notes } = specText({
    effort,
    task,
    name,
    template,
    path: sample ? basename(file) : relative(directory, file),
    command,
    target,
    rows: table.rows,
    columns: profileTable(table),
    values: table,
    guessed,
    words,
  });
  return { text, hint: "", sample, notes: [...table.notes, ...guessed.notes, ...notes] };
}
