/** `nnt init`: a spec for a table, with all that its values tell, to be read and changed by a person. */
import { basename, dirname, relative } from "node:path";
import { defaultMissingValues } from "../../config/schema/data.ts";
import { profileTable } from "../../data/profile.ts";

import { missingColumn, readTable } from "../../data/table.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import { writeFile } from "../../support/fileWriter.ts";
import type { Action } from "../actions.ts";
import { specText } from "../init/specText.ts";

const asFound = { kind: null, missing: defaultMissingValues };

export const init: Action<"init"> = async ({ out, err }, file, { target, out: given, overwrite }) => {
  const table = await readTable([file], null, (header) => header.map(() => asFound));
  if (target === null) {
    throw new UserError(exitCodes.usage, {
      message: "init: --target is missing",
      expected: `the column to predict, one of ${table.header.slice(0, 40).join(", ")}`,
    });
  }
  const absent = target.filter((name) => !table.header.includes(name));
  if (absent.length > 0) {
    throw new UserError(
      exitCodes.data,
      absent.map((name) => missingColumn(name, table.header, file)),
    );
  }
  const name = nameOf(file);
  const path = given ?? `${name}.yaml`;
  const toStdout = path === "-";
  const text = specText({
    name,
    path: toStdout ? file : relative(dirname(path), file),
    command: path,
    target,
    rows: table.rows,
    columns: profileTable(table),
    values: table,
  });
  if (toStdout) {
    await out.write(text);
    return 0;
  }
  if (isThere(path) && !overwrite) {
    throw new UserError(exitCodes.io, {
      file: path,
      message: "there is a file already",
      hint: "--out FILE writes another, --overwrite replaces it",
    });
  }
  const writer = writeFile(path);
  writer.write(text);
  writer.commit();
  await err.line(`wrote ${path}; read it, then: nnt train ${path}`);
  return 0;
};

/** The file's name without endings, fit for a folder. */
function nameOf(file: string): string {
  const stem = basename(file).replace(/(\.[a-z]+)?(\.gz)?$/i, "");
  return stem.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "") || "model";
}
