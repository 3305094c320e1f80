/** `nnt landscape`: the loss over a network's parameters as a picture, with the path that training takes. */
import { extname } from "node:path";
import { exitCodes, UserError } from "../../support/errors.ts";
import { fileNameOf } from "../../support/fileName.ts";
import { defineCommand } from "../command.ts";
import { warnings } from "../notices.ts";
import { computing, debug, epochs, json, kernelsChoice, set } from "../options.ts";
import { integer, text } from "../values.ts";

const defaultSize = 41;

export const command = defineCommand({
  argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
  options: {
    set,
    epochs,
    output: { short: "o", value: text("FILE.svg"), help: "the picture (default: NAME-landscape.svg)" },
    size: { value: integer("N", 3), help: "points along each axis (default: 41)" },
    ...computing,
    json: { ...json, conflicts: ["output"] },
    debug,
  },
  examples: [
    ["nnt landscape configs/line.yaml", "the loss over slope and intercept: line-landscape.svg"],
    [
      "nnt landscape configs/digits.yaml --size 25",
      "along the two directions in which training goes farthest",
    ],
    ["nnt landscape spec.yaml --json | jq .path", "for scripts"],
  ],
  async run({ out, err, env, version }, file, options) {
    if (options.output !== null && extname(options.output).toLowerCase() !== ".svg")
      throw new UserError(exitCodes.usage, {
        message: `--output ${options.output}: the picture is an SVG`,
        expected: "a name that ends in .svg",
      });
    const { loadSpec } = await import("../../config/load.ts");
    const { landscape } = await import("../../run/landscape.ts");
    const { landscapeSvg } = await import("../../report/page/landscape.ts");
    const { fileSink } = await import("../rowStreams.ts");
    const { set, epochs, size } = options;
    const overrides = epochs === null ? [] : [{ option: "--epochs", path: "train.epochs", value: epochs }];
    const spec = loadSpec(file, { set, overrides });
    const noticed = warnings(err);
    const request = { spec, version, ...kernelsChoice(options, env), size: size ?? defaultSize };
    const found = await landscape(request, noticed.listen);
    await noticed.told();
    if (options.json) await out.json(found);
    else {
      const path = options.output ?? `${fileNameOf(found.name)}-landscape.svg`;
      const sink = fileSink(path);
      try {
        await sink.write(landscapeSvg(found));
        await sink.commit();
      } catch (error) {
        sink.discard();
        throw error;
      }
      await out.line(path);
    }
    return 0;
  },
});
