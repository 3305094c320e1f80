/** `nnt export`: writes a model in another format, and prints the names of the files. */
import { defineCommand } from "../command.ts";
import { warn } from "../notices.ts";
import { debug } from "../options.ts";
import { choice, text } from "../values.ts";

export const command = defineCommand({
  argument: { name: "MODEL", help: "a model file (.ckpt)" },
  options: {
    to: {
      value: choice("FORMAT", ["onnx", "safetensors", "json", "js", "html", "torch"]),
      help: "format to write (default: from the name of --output)",
    },
    output: { short: "o", value: text("FILE"), help: "file to write (default: beside the model)" },
    debug,
  },
  examples: [
    ["nnt export runs/iris/best.ckpt --to onnx", "runs/iris/best.onnx: preprocessing, network and answers"],
    ["nnt export best.ckpt -o iris.js", "an ES module for browsers and Node, with its types"],
    ["nnt export best.ckpt -o iris.html", "a web page to try the model on"],
    ["nnt export best.ckpt --to torch", "nn.Sequential in Python, with its weights"],
  ],
  async run({ out, err, version }, model, { to, output }) {
    const { exportModel } = await import("../../export/export.ts");
    const { paths, warnings } = exportModel({ model, to, output, version });
    await warn(err, warnings);
    await out.lines(paths);
    return 0;
  },
});
