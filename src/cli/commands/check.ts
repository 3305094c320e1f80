/** `nnt check`: a spec and its data validated without training. */
import type { Action } from "../actions.ts";
import { inspectSpec } from "../inspect/spec.ts";
import { warn } from "../warn.ts";

export const check: Action<"check"> = async ({ out, err, version }, file, { set, strict, json }) => {
  const { json: object, draw, warnings } = await inspectSpec(file, { set, strict }, version);
  await warn(err, warnings);
  if (json) await out.line(JSON.stringify(object));
  else await out.line(draw(await out.style(), out.columns).join("\n"));
  return 0;
};
