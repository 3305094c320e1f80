/** `nnt data`: fetches a public data set, checks it, and says what to do with it; prints the files' names. */
import { join } from "node:path";
import { type DatasetName, datasets } from "../../data/fetch/datasets.ts";
import { download } from "../../data/fetch/download.ts";
import { drawBar } from "../../report/bar.ts";
import { printable, wantsRedrawing } from "../../report/style.ts";
import { bytes } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { Action } from "../actions.ts";
import type { Output } from "../output.ts";

export const data: Action<"data"> = async ({ out, err }, given, { dir, mirror }) => {
  const { files, mirrors, mostBytes, spec } = datasets[nameOf(given)];
  const directory = dir ?? join("data", given);
  for (const file of files) {
    const line = await liveLine(err, file.name);
    const from = await download({
      file,
      directory,
      mirrors: mirror.length > 0 ? mirror : mirrors,
      mostBytes,
      onProgress: line.show,
    });
    await line.say(`${file.name}: ${from === null ? "is there" : `fetched from ${from}`}, its md5 is right`);
    await out.line(join(directory, file.name));
  }
  if (dir === null) await err.line(`next: nnt train ${spec}, or of your own: nnt init --template image`);
  return 0;
};

function nameOf(given: string): DatasetName {
  const names = Object.keys(datasets) as DatasetName[];
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  const guess = nearest(given, names);
  throw new UserError(exitCodes.usage, {
    message: `no data set "${given}"`,
    expected: `one of ${names.join(", ")}`,
    hint: guess && `did you mean ${guess}?`,
  });
}

/** A progress bar on a terminal; only the lines that are said elsewhere. */
async function liveLine(err: Output, label: string) {
  const style = await err.style();
  const redraws = wantsRedrawing(err.isTerminal, err.env);
  const erase = redraws ? "\r\u001b[K" : "";
  let shown = -1;
  return {
    show(received: number, total: number | null) {
      const share = total === null ? 0 : received / total;
      const percent = Math.floor(100 * share);
      if (!redraws || percent === shown) return;
      shown = percent;
      void err.write(erase + drawBar({ label, share, notes: [bytes(received)] }, err.columns - 1, style));
    },
    say: (text: string) => err.line(erase + printable(text)),
  };
}
