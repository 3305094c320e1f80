/** Where each command's work is: loaded only when that command is run. */
import type { CommandName, OptionsOf } from "./commands.ts";
import type { Context } from "./main.ts";

/** A command's work: gives the exit code, throws a `UserError` for what is wrong. */
export type Action<Name extends CommandName> = (
  context: Context,
  argument: string,
  options: OptionsOf<Name>,
  /** All arguments, of a command that takes several. */
  all?: readonly string[],
) => Promise<number>;

export const actions = {
  init: async () => (await import("./commands/init.ts")).init,
  data: async () => (await import("./commands/data.ts")).data,
  train: async () => (await import("./commands/train.ts")).train,
  resume: async () => (await import("./commands/resume.ts")).resume,
  verify: async () => (await import("./commands/verify.ts")).verify,
  "self-test": async () => (await import("./commands/selfTest.ts")).selfTest,
  eval: async () => (await import("./commands/eval.ts")).evaluate,
  predict: async () => (await import("./commands/predict.ts")).predict,
  explain: async () => (await import("./commands/explain.ts")).explain,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  check: async () => (await import("./commands/check.ts")).check,
  gradcheck: async () => (await import("./commands/gradcheck.ts")).gradcheck,
  "lr-find": async () => (await import("./commands/lrFind.ts")).lrFind,
  export: async () => (await import("./commands/export.ts")).exportTo,
  report: async () => (await import("./commands/report.ts")).report,
  sweep: async () => (await import("./commands/sweep.ts")).sweep,
  runs: async () => (await import("./commands/runs.ts")).runs,
  compare: async () => (await import("./commands/compare.ts")).compare,
  completion: async () => (await import("./commands/completion.ts")).completion,
  kernels: async () => (await import("./commands/kernels.ts")).kernels,
  schema: async () => (await import("./commands/schema.ts")).schema,
} satisfies { [Name in CommandName]: () => Promise<Action<Name>> };
