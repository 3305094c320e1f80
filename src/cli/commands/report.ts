/** `nnt report`: writes a run's page again, or follows the run in a browser. */
import { renderPage } from "../../report/page/page.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import { type Context, defineCommand } from "../command.ts";
import { warn } from "../notices.ts";
import { computing, debug, kernelsChoice } from "../options.ts";
import { integer } from "../values.ts";

export const command = defineCommand({
  argument: { name: "DIR", help: "the run's directory" },
  options: {
    serve: { help: "serve the run to a browser on this machine until Ctrl-C" },
    port: { value: integer("N", 0), help: "port for --serve (default: any free one)", needs: "serve" },
    threads: { ...computing.threads, conflicts: ["serve"] },
    kernels: { ...computing.kernels, conflicts: ["serve"] },
    debug,
  },
  examples: [
    ["nnt report runs/digits", "then open runs/digits/report.html in a browser"],
    ["nnt report runs/digits --serve", "curves that grow as the run goes on"],
  ],
  async run(context, directory, options) {
    if (options.serve) return follow(context, directory, options.port ?? 0);
    const { reportRun } = await import("../../run/reportRun.ts");
    const { out, err, env } = context;
    const renderReport = async (data: Parameters<typeof renderPage>[0]) => renderPage(data);
    const { path, warnings } = await reportRun({ directory, renderReport, ...kernelsChoice(options, env) });
    await warn(err, warnings);
    await out.line(path);
    return 0;
  },
});

/** Until a signal ends it: that is how it is meant to end. */
async function follow({ out, interruption }: Context, directory: string, port: number): Promise<number> {
  if (!isThere(directory))
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "there is no such directory",
      expected: "the directory of a run, finished or in progress",
    });
  const { followRun } = await import("../serve/followRun.ts");
  const signal = interruption();
  const { url, close } = await followRun(directory, port);
  await out.line(url);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await close();
  return 0;
}
