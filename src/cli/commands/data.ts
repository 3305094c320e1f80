/** `nnt data`: downloads a public data set, verifies it and says what to do next; prints the files' names. */
import { join } from "node:path";
import type { DatasetName } from "../../data/fetch/datasets.ts";
import { drawBar } from "../../report/bar.ts";
import { wantsRedrawing } from "../../report/style.ts";
import { bytes } from "../../report/text.ts";
import { defineCommand } from "../command.ts";
import { debug } from "../options.ts";
import type { Output } from "../output.ts";
import { text } from "../values.ts";

const names = ["mnist"] as const satisfies readonly DatasetName[];

export const command = defineCommand({
  argument: { name: "NAME", help: names.join(", "), choices: names },
  options: {
    dir: { value: text("DIR"), help: "directory for the files (default: data/NAME)" },
    mirror: {
      value: text("URL"),
      repeat: true,
      help: "URL of a folder to download from, instead of the known ones (repeatable)",
    },
    debug,
  },
  examples: [
    ["nnt data mnist", "data/mnist/, where configs/mnist.yaml looks; run it again to verify the files"],
    ["nnt data mnist --mirror https://example.org/mnist/", "from a mirror of your own"],
  ],
  async run({ out, err }, name, { dir, mirror }) {
    const { datasets } = await import("../../data/fetch/datasets.ts");
    const { download } = await import("../../data/fetch/download.ts");
    const { files, mirrors, mostBytes, spec } = datasets[name as DatasetName];
    const directory = dir ?? join("data", name);
    for (const file of files) {
      const line = await liveLine(err, file.name);
      const from = await download({
        file,
        directory,
        mirrors: mirror.length > 0 ? mirror : mirrors,
        mostBytes,
        onProgress: line.show,
      });
      const source = from === null ? "already there" : `downloaded from ${from}`;
      await line.say(`${file.name}: ${source}, md5 verified`);
      await out.line(join(directory, file.name));
    }
    if (dir === null)
      await err.line(`next: nnt train ${spec}, or write your own spec: nnt init --template image`);
    return 0;
  },
});

/** A progress bar on a terminal; elsewhere only the lines that are said. */
async function liveLine(err: Output, label: string) {
  const style = await err.style();
  const redraws = wantsRedrawing(err.isTerminal, err.env);
  let shown = -1;
  return {
    show(received: number, total: number | null) {
      const share = total === null ? 0 : received / total;
      const percent = Math.floor(100 * share);
      if (!redraws || percent === shown) return;
      shown = percent;
      void err.redraw(drawBar({ label, share, notes: [bytes(received)] }, err.columns - 1, style));
    },
    async say(text: string) {
      if (redraws) await err.redraw("");
      await err.line(text);
    },
  };
}
