/** The table of commands: a line each. All else about a command is in its own file, loaded when it is asked for. */
import type { CommandRow } from "./command.ts";

export const commands = {
  init: row(
    "write a spec for a table, a curve or images, from what is in the data",
    () => import("./commands/init.ts"),
  ),
  data: row("download a public data set and verify it", () => import("./commands/data.ts")),
  train: row("train the network that a spec describes, and save it", () => import("./commands/train.ts")),
  resume: row("continue a run that was stopped or killed", () => import("./commands/resume.ts")),
  verify: row("check that a model, or every file of a run, is intact", () => import("./commands/verify.ts")),
  "self-test": row(
    "kill and resume training with every backend that promises equal bits, and compare",
    () => import("./commands/selfTest.ts"),
  ),
  eval: row("measure a model on a split of its data, or on other data", () => import("./commands/eval.ts")),
  predict: row("predict rows as they arrive, in the same order", () => import("./commands/predict.ts")),
  serve: row("answer predictions over HTTP", () => import("./commands/serve.ts")),
  explain: row(
    "show which columns matter, or what each value adds to a row's prediction",
    () => import("./commands/explain.ts"),
  ),
  inspect: row("show what is in a model, a data file or a spec", () => import("./commands/inspect.ts")),
  check: row("validate a spec and its data without training", () => import("./commands/check.ts")),
  gradcheck: row(
    "compare a network's gradients with finite differences of its loss, in 64-bit",
    () => import("./commands/gradcheck.ts"),
  ),
  "lr-find": row(
    "suggest a learning rate: raise it while training and watch the loss",
    () => import("./commands/lrFind.ts"),
  ),
  landscape: row(
    "draw the loss over a network's parameters, and the path that training takes",
    () => import("./commands/landscape.ts"),
  ),
  export: row(
    "write a model as ONNX, safetensors, JSON, JavaScript, a web page or PyTorch",
    () => import("./commands/export.ts"),
  ),
  report: row(
    "write a run's report.html again, or follow a run in a browser",
    () => import("./commands/report.ts"),
  ),
  sweep: row("train a spec with many settings and find the best", () => import("./commands/sweep.ts")),
  runs: row("list the runs in a folder, newest last", () => import("./commands/runs.ts")),
  compare: row(
    "show how runs differ, in their specs and their metrics",
    () => import("./commands/compare.ts"),
  ),
  completion: row(
    "print a script that lets a shell complete nnt's command lines",
    () => import("./commands/completion.ts"),
  ),
  kernels: row(
    "list the kernels that work on this machine, and how fast they are",
    () => import("./commands/kernels.ts"),
  ),
  schema: row("print the JSON Schema of the spec", () => import("./commands/schema.ts")),
} satisfies Record<string, CommandRow>;

function row(summary: string, load: CommandRow["load"]): CommandRow {
  return { summary, load };
}
