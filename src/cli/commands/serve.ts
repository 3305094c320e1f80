/** `nnt serve`: models behind HTTP, until a signal ends it. */
import { type Context, defineCommand } from "../command.ts";
import { failureOf } from "../failure.ts";
import { computing, debug, kernelsChoice } from "../options.ts";
import type { ModelServer } from "../serve/modelServer.ts";
import type { ServedModel } from "../serve/models.ts";
import { integer, text } from "../values.ts";

export const command = defineCommand({
  argument: {
    name: "MODEL",
    help: "model files (.ckpt), each called as its run's directory or as NAME=FILE says",
    many: true,
  },
  options: {
    port: { value: integer("N", 0), help: "port to listen on (default: 8000; 0: any free one)" },
    host: { value: text("ADDRESS"), help: "address to listen on (default: 127.0.0.1, this machine only)" },
    maxBody: { value: integer("MB", 1), help: "largest JSON body, and largest row of others (default: 8)" },
    maxQueue: {
      value: integer("ROWS", 1),
      help: "rows that may wait for a model before requests are answered with 429 (default: 20000)",
    },
    ...computing,
    debug,
  },
  examples: [
    ["nnt serve runs/iris/best.ckpt", "then open http://127.0.0.1:8000, or:"],
    [
      `curl -H 'content-type: application/json' -d '{"petal_length": 4.7, …}' http://127.0.0.1:8000/predict`,
      "",
    ],
    [
      "curl -T new.csv -X POST -H 'content-type: text/csv' 'http://127.0.0.1:8000/predict?proba=true'",
      "a table, answered as it is sent",
    ],
    ["nnt serve old=a.ckpt new=b.ckpt", "two models, at /models/old/predict and /models/new/predict"],
    ["kill -HUP PID", "reads the model files again; SIGTERM answers what was asked, and ends"],
  ],
  async run(context, _, options, all) {
    const { ModelServer } = await import("../serve/modelServer.ts");
    const { namedModels, ServedModel } = await import("../serve/models.ts");
    const interruption = context.interruption();
    const models = new Map<string, ServedModel>();
    for (const [name, path] of namedModels(all))
      models.set(name, await ServedModel.open(name, path, kernelsChoice(options, context.env)));
    const server = new ModelServer(models, {
      host: options.host,
      port: options.port ?? 8000,
      maxBody: (options.maxBody ?? 8) * 2 ** 20,
      maxQueue: options.maxQueue ?? 20_000,
      version: context.version,
      failed: (error) => void context.err.lines(failureOf(error, options.debug).lines),
    });
    const origin = await server.start();
    context.onReload(() => void reload(models, server, context));
    await context.out.line(`${origin}/`);
    await context.err.line(`serving ${[...models.keys()].join(", ")}; Ctrl-C ends it`);
    if (!interruption.aborted)
      await new Promise((resolve) => interruption.addEventListener("abort", resolve, { once: true }));
    await server.end();
    return 0;
  },
});

/** A file that is no model any more leaves the one that was read before. */
async function reload(
  models: ReadonlyMap<string, ServedModel>,
  { telemetry }: ModelServer,
  { err }: Context,
): Promise<void> {
  for (const [name, model] of models) {
    try {
      await model.reload();
      telemetry.reloads++;
      await err.line(`read ${name} again: sha256 ${model.current.sum.slice(0, 12)}`);
    } catch (error) {
      telemetry.failedReloads++;
      await err.lines([
        ...failureOf(error, false).lines,
        `${name} is served as it was before: sha256 ${model.current.sum.slice(0, 12)}`,
      ]);
    }
  }
}
