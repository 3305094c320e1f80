/** A run as everyone starts it, the command line too: what a spec asks for besides training, loaded only where it does. */
import { rebaseSpec, stringifySpec } from "../config/stringify.ts";
import type { TrainOptions } from "../run/trainOptions.ts";
import { newThread } from "./threads.ts";

/** What is the same for every run of a spec. */
export async function requestFor(
  spec: TrainOptions["spec"],
): Promise<Pick<TrainOptions, "spec" | "renderSpec" | "renderReport" | "follow" | "newThread">> {
  return {
    spec,
    newThread,
    renderSpec: (resolved, directory) => stringifySpec(rebaseSpec(resolved, spec.baseDirectory, directory)),
    renderReport: async (data) => (await import("../report/page/page.ts")).renderPage(data),
    ...(await followers(spec)),
  };
}

/** Trackers. */
async function followers({
  spec: { track },
  baseDirectory,
}: TrainOptions["spec"]): Promise<Pick<TrainOptions, "follow">> {
  if (track === null) return {};
  const { trackersOf } = await import("../track/trackers.ts");
  return {
    follow: (directory, spec, warn) => trackersOf({ directory, spec, baseDirectory, now: Date.now }, warn),
  };
}
