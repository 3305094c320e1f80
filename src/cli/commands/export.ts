/** `nnt export`: a model as ONNX, plain weights, JSON, a module, a page or PyTorch code; prints the files' names. */
import { exportModel } from "../../export/export.ts";
import type { Action } from "../actions.ts";

export const exportTo: Action<"export"> = async ({ out, version }, model, { to, output }) => {
  const paths = exportModel({ model, to, output, version });
  await out.line(paths.join("\n"));
  return 0;
};
