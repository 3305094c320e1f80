/** `nnt report`: a run's page, written again; or the run followed in a browser. */
import { renderPage } from "../../report/page/page.ts";
import { reportRun } from "../../run/reportRun.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import type { Action } from "../actions.ts";
import { kernelsChoice } from "../kernels.ts";
import type { Context } from "../main.ts";
import { serve } from "../serve.ts";
import { warn } from "../warn.ts";

export const report: Action<"report"> = async (context, directory, options) => {
  const { out, err, env } = context;
  if (options.serve) return follow(context, directory, options.port ?? 0);
  const renderReport = async (data: Parameters<typeof renderPage>[0]) => renderPage(data);
  const { path, warnings } = await reportRun({ directory, renderReport, ...kernelsChoice(options, env) });
  await warn(err, warnings);
  await out.line(path);
  return 0;
};

/** Until a signal ends it: that is how it is meant to end. */
async function follow({ out, interruption }: Context, directory: string, port: number): Promise<number> {
  if (!isThere(directory))
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "there is no such directory",
      expected: "the directory of a run, which may be going on",
    });
  const signal = interruption();
  const { url, close } = await serve(directory, port);
  await out.line(url);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await close();
  return 0;
}
