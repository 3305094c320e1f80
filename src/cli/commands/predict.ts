/** `nnt predict`: rows from stdin or a file, predictions to stdout or a file, as they come. */
import { extname } from "node:path";
import { counted } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import {
  formatNamed,
  formatNames,
  formatOf,
  isGzipNamed,
  isRowFormat,
  type RowFormat,
} from "../../support/fileFormats.ts";
import { isDevice, isSameFile } from "../../support/files.ts";
import { defineCommand } from "../command.ts";
import { threadsFor } from "../company.ts";
import { warn } from "../notices.ts";
import { computing, debug, kernelsChoice } from "../options.ts";
import { isStopSignal, signalExitCodes } from "../signals.ts";
import { choice, integer, names, share, text } from "../values.ts";

const rowFormats = formatNames.filter(isRowFormat);
const fromFormat = choice(
  "FORMAT",
  rowFormats.filter((name) => name !== "parquet"), // which cannot be read from a pipe
);
const toFormat = choice("FORMAT", rowFormats);
const onError = choice("HOW", ["fail", "skip", "record"]);

export const command = defineCommand({
  argument: { name: "MODEL", second: "input", help: "a model file (.ckpt)" },
  options: {
    input: {
      short: "i",
      value: text("FILE"),
      help: "read rows from a file: CSV, TSV or JSON Lines, also .gz or .zst, or Parquet (default: stdin)",
      conflicts: ["images"],
    },
    output: {
      short: "o",
      value: text("FILE"),
      help: "write to a file, which appears only when complete (default: stdout)",
    },
    from: {
      value: fromFormat,
      help: "format of the rows (default: from the file name, else csv); a Parquet file is known by its content",
      conflicts: ["images"],
    },
    to: {
      value: toFormat,
      help: "format of the predictions (default: from the file name, else that of the rows)",
    },
    proba: { help: "add the probability of each class" },
    topK: { value: integer("N", 1), help: "add the N most probable classes" },
    interval: {
      value: share("P"),
      help: "add an interval, or a set of classes, that holds the truth with probability P, such as 0.9",
    },
    keep: {
      value: names("COLS|all"),
      help: "columns to pass through, separated by commas; quoted where a name has one: '\"a, b\",id'",
      conflicts: ["images"],
    },
    onError: {
      value: onError,
      help: "what to do with a bad row (default: fail)",
      conflicts: ["images"],
    },
    images: { value: text("FILE"), help: "predict IDX images or NPY features" },
    ...computing,
    debug,
  },
  isShared: true,
  examples: [
    ["nnt predict runs/iris/best.ckpt < flowers.csv", "one prediction per row"],
    ["nnt predict best.ckpt -i new.csv -o out.csv --keep id --proba", "with ids and probabilities"],
    ["nnt predict best.ckpt -i new.csv --interval 0.9", "with lower and upper, or prediction_set"],
    ["tail -f rows.jsonl | nnt predict best.ckpt --from jsonl", "predictions as rows arrive"],
    ["nnt predict best.ckpt --images t10k-images-idx3-ubyte.gz", "images without labels"],
  ],
  async run(context, model, options) {
    const { predict } = await import("../../evaluate/predict.ts");
    const { fileSink, inputRows, outputSink } = await import("../rowStreams.ts");
    const { input, output, images, keep } = options;
    const interruption = context.interruption();
    const to = output === null ? options.to : formatOfOutput(output, options.to);
    if (input !== null && output !== null) checkAreTwoFiles(input, output);
    const peers = await context.company.join();
    const isHere = output !== null && peers.rank === 0;
    const sink = isHere ? fileSink(output) : outputSink(context.out);
    const threads = threadsFor(peers, options.threads);
    const request = {
      ...kernelsChoice(options, context.env),
      threads,
      peers,
      model,
      rows: inputRows(input, options.from, context, { interruption, peers, threads }),
      images,
      to: to ?? options.from ?? formatOfInput(input),
      proba: options.proba,
      topK: options.topK,
      interval: options.interval,
      keep,
      onError: options.onError,
    };
    try {
      const done = await predict(request, async (chunk) => {
        interruption.throwIfAborted();
        await sink.write(chunk);
      });
      await sink.commit();
      await warn(context.err, [...done.warnings, ...failures(done.failed, options.onError)]);
      return 0;
    } catch (error) {
      sink.discard();
      if (interruption.aborted && isStopSignal(interruption.reason))
        return signalExitCodes[interruption.reason];
      throw error;
    }
  },
});

/** What `--on-error` did with bad rows, if there were any. */
function failures(failed: number, onError: "fail" | "skip" | "record" | null): string[] {
  if (failed === 0) return [];
  const one = failed === 1;
  const recorded = `${one ? "has" : "have"} an error in place of a prediction`;
  const skipped = `${one ? "was" : "were"} left out`;
  return [`${counted(failed, "bad row")} ${onError === "record" ? recorded : skipped}`];
}

/** Answers to rows of a file go to stdout as those came, except Parquet, which is no text. */
function formatOfInput(file: string | null): RowFormat {
  const named = file === null ? null : formatNamed(file);
  return isRowFormat(named) && named !== "parquet" ? named : "csv";
}

/**
 * The format that the name of an output promises; null where it has no ending. Throws UserError(usage) where that can't
 * be written, or is another than the one asked for.
 */
function formatOfOutput(file: string, asked: RowFormat | null): RowFormat | null {
  const named = formatNamed(file);
  const ending = extname(file.replace(/\.gz$/i, ""));
  const refuse = (message: string, expected: string) =>
    new UserError(exitCodes.usage, { message: `--output ${file}: ${message}`, expected });
  const endings = ".csv, .tsv, .jsonl or .parquet; .gz behind it for gzip, except Parquet";
  if (named !== null && !isRowFormat(named))
    throw refuse(`predictions cannot be written as ${formatOf(named).title}`, endings);
  const format = asked ?? named;
  if (named !== null && asked !== null && asked !== named)
    throw refuse(
      `the name says ${formatOf(named).title}, and --to says ${asked}`,
      "one of them, or the same",
    );
  if (format === null && ending !== "" && !isDevice(file))
    throw refuse(`no format has the ending "${ending}"`, `${endings}; or --to`);
  if (format === "parquet" && isGzipNamed(file))
    throw refuse("Parquet is compressed within", "a name that ends in .parquet");
  return format;
}

/** Predictions replace no file that their rows are read from. Throws UserError(usage). */
function checkAreTwoFiles(input: string, output: string): void {
  if (!isSameFile(input, output)) return;
  throw new UserError(exitCodes.usage, {
    message: `--input and --output are the same file: ${output}`,
    expected: "another file for the predictions",
  });
}
