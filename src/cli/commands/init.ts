/** `nnt init`: a spec for a table, a curve or images, from what is in the data, to be read and changed. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import { writeFile } from "../../support/fileWriter.ts";
import { defineCommand } from "../command.ts";
import type { Questions } from "../init/questions.ts";
import { warn } from "../notices.ts";
import { debug } from "../options.ts";
import { choice, names, text } from "../values.ts";

export const command = defineCommand({
  argument: {
    name: "DATA",
    second: "target",
    help: "the rows: a CSV, TSV or JSON Lines file, may be .gz or .zst, or a Parquet file; or a folder of IDX images",
    fallback: "",
  },
  options: {
    target: { short: "t", value: names("COLS"), help: "column to predict, or several" },
    template: {
      value: choice("NAME", ["table", "image", "curve"]),
      help: "kind of data (default: inferred from DATA); without DATA, comes with a sample to try",
    },
    effort: {
      value: choice("EFFORT", ["quick", "good", "best"]),
      help: "quick: a small network, seconds; good: a blend of networks that does well on most tables, about a minute; best: the same with twice as many models, trained for twice as long (default: good)",
    },
    task: {
      value: choice("TASK", ["classification", "regression"]),
      help: "what whole numbers in the target are: names of classes, or a quantity (default: inferred)",
    },
    interactive: { short: "i", help: "ask for what the command line leaves open" },
    out: { short: "o", value: text("FILE"), help: "spec to write (default: NAME.yaml; - for stdout)" },
    overwrite: { help: "replace the spec if it exists" },
    debug,
  },
  examples: [
    ["nnt init titanic.csv --target survived", "writes titanic.yaml, ready for nnt train"],
    ["nnt init houses.csv -t price -o - | less", "shows what it would write"],
    ["nnt init --template image data/mnist", "for the IDX files in a folder"],
    ["nnt init --template curve", "curve.yaml and curve.csv, to try it"],
    ["nnt init --interactive", "asks for everything"],
  ],
  async run({ stdin, out, err }, data, options) {
    const { openQuestions } = await import("../init/questions.ts");
    const { wantedOf } = await import("../init/wanted.ts");
    const { written } = await import("../init/written.ts");
    const questions = options.interactive ? openQuestions(stdin(), err) : null;
    try {
      const wanted = await wantedOf({ data, ...options }, questions);
      const path = await pathOf(`${wanted.name}.yaml`, options, questions);
      const { text, hint, sample, notes } = await written(wanted, path, {
        effort: options.effort ?? "good",
        task: options.task,
      });
      await warn(err, notes);
      if (path === "-") {
        await out.write(text);
        return 0;
      }
      const isSampleThere = sample !== null && isThere(sample.path);
      if (sample && !isSampleThere) write(sample.path, sample.bytes);
      write(path, text);
      const files = sample && !isSampleThere ? `${path} and ${sample.path}` : path;
      await err.line(`wrote ${files}; read it, then run: nnt train ${path}`);
      if (hint) await err.line(`hint: ${hint}`);
      return 0;
    } finally {
      questions?.close();
    }
  },
});

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
      message: "the file exists already",
      hint: "--out FILE writes to another file, --overwrite replaces this one",
    });
  };
  if (out !== null || !questions) return free(out ?? fallback);
  return questions.ask("Spec file to write?", fallback, free);
}

function write(path: string, content: string | Uint8Array): void {
  const writer = writeFile(path);
  writer.write(content);
  writer.commit();
}
