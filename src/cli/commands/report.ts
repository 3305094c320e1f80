/** `nnt report`: a run's page, written again. */
import { renderPage } from "../../report/page/page.ts";
import { reportRun } from "../../train/reportRun.ts";
import type { Action } from "../actions.ts";
import { kernelsChoice } from "../kernels.ts";
import { warn } from "../warn.ts";

export const report: Action<"report"> = async ({ out, err, env }, directory, options) => {
  const renderReport = async (data: Parameters<typeof renderPage>[0]) => renderPage(data);
  const { path, warnings } = await reportRun({ directory, renderReport, ...kernelsChoice(options, env) });
  await warn(err, warnings);
  await out.line(path);
  return 0;
};
