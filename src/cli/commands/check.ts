/** `nnt check`: validates a spec and its data without training. */
import { defineCommand } from "../command.ts";
import { tell, warn } from "../notices.ts";
import { debug, json, set, strict } from "../options.ts";

export const command = defineCommand({
  argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
  options: { set, strict, json, debug },
  examples: [
    ["nnt check configs/digits.yaml", "rows, columns, shapes, parameters, updates per epoch, memory"],
    ["nnt check spec.yaml --set train.batch_size=128", "the same with one value overridden"],
  ],
  async run({ out, err, version }, file, { set, strict, json }) {
    const { inspectSpec } = await import("../inspect/inspectSpec.ts");
    const { json: object, draw, warnings, notes } = await inspectSpec(file, { set, strict }, version);
    await warn(err, warnings);
    await tell(err, notes);
    if (json) await out.json(object);
    else await out.lines(draw(await out.style(), out.columns));
    return 0;
  },
});
