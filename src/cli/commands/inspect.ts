import type { Action } from "../actions.ts";
export const inspect: Action<"inspect"> = async ({ out }, argument, options) => {
  await out.line(JSON.stringify({ argument, options }));
  return 0;
};
