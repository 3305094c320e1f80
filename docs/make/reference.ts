/** The reference pages, from the tables that the program itself reads. */

import schema from "../../nnt.schema.json" with { type: "json" };
import { runFiles } from "../../src/checkpoint/runDirectory.ts";
import { flagOf, type OptionRow } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { signalExitCodes } from "../../src/cli/signals.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { type Schema, specPage } from "./specPage.ts";

const note = "<!-- Written by `npm run docs`; change the tables in src/ instead. -->";

/** Name → text of every page in docs/reference/. */
export async function referencePages(): Promise<Record<string, string>> {
  const pages = {
    "spec.md": specPage(schema as Schema),
    "commands.md": await commandsPage(),
    "files.md": filesPage(),
    "exit-codes.md": exitCodesPage(),
  };
  return Object.fromEntries(Object.entries(pages).map(([name, text]) => [name, `${note}\n\n${text}\n`]));
}

async function commandsPage(): Promise<string> {
  const sections = Object.entries(commands).map(async ([name, { summary, load }]) => {
    const { argument, options, examples } = (await load()).command;
    const call = argument ? ` ${argument.fallback === undefined ? argument.name : `[${argument.name}]`}` : "";
    const head = `## \`nnt ${name}${call}${argument?.many ? " …" : ""}\`\n\n${sentence(summary)}`;
    const about = argument ? [`\`${argument.name}\`: ${argument.help}.`] : [];
    const list = table(["option", "what it does"], Object.entries(options).map(optionCells));
    const lines = examples.map(([line, does]) => (does ? `# ${does}\n${line}` : line));
    return [head, ...about, list, `\`\`\`sh\n${lines.join("\n")}\n\`\`\``].join("\n\n");
  });
  return ["# Commands", ...(await Promise.all(sections))].join("\n\n");
}

function optionCells([key, option]: [string, OptionRow]): string[] {
  const { short, value, help, repeat } = option;
  const name = `${short ? `-${short}, ` : ""}${flagOf(key)}${value ? ` ${value.placeholder}` : ""}`;
  const choices = value?.choices ? `: ${value.choices.join(", ")}` : "";
  const often = repeat && !help.includes("repeatable") ? " (repeatable)" : "";
  return [`\`${name}\``, help + choices + often];
}

const files = {
  spec: "the resolved spec, every default written out",
  metrics: "an event per line, JSON: `start`, one `epoch` each, `end`",
  best: "the model of the best epoch by the monitored metric: safetensors, with all that `predict` needs",
  last: "the latest model, with all that `--resume` needs",
  summary:
    "final metrics, best epoch, parameters, wall time, sha256 of the weights, versions, kernels, and the processes that shared the work",
  report: "one self-contained page",
  folds: "with `train.folds`: each fold's predictions, by a model that has not seen its rows",
  sums: "sha256 of each of these but the models, which hold their own; for `nnt verify` and `sha256sum --check`",
} satisfies Record<keyof typeof runFiles, string>;

function filesPage(): string {
  const rows = Object.entries(files).map(([key, holds]) => [
    `\`${runFiles[key as keyof typeof files]}\``,
    holds,
  ]);
  return [
    "# Files of a run",
    "In `--out DIR`, or `runs/<name>`, or the next free `runs/<name>-2` …:",
    table(["file", "holds"], rows),
    "`metrics.jsonl` grows line by line. Every other file is written beside its place, synced and renamed: no reader\never sees half of one.",
  ].join("\n\n");
}

const meanings = {
  bug: "a bug in nnt: one line, the stack with `--debug`",
  usage: "wrong command line or spec",
  data: "wrong data",
  model: "a model file that is damaged or does not fit",
  io: "I/O and resources: missing file, permission, disk full, memory, output directory in use",
  diverged: "training diverged: loss or weights are no longer finite",
  gate: "a `--fail-if` gate was met, or a metric is worse than `--baseline` allows",
} satisfies Record<keyof typeof exitCodes, string>;

function exitCodesPage(): string {
  const failures = Object.entries(meanings).map(([key, when]) => [
    String(exitCodes[key as keyof typeof exitCodes]),
    when,
  ]);
  const rows = [["0", "done, also when the reader of stdout went away"], ...failures];
  const stops = Object.entries(signalExitCodes).map(([signal, code]) => [
    String(code),
    `stopped by ${signal}; training has saved`,
  ]);
  return ["# Exit codes", table(["code", "when"], [...rows, ...stops])].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
