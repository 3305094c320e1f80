import type { Action } from "../actions.ts";
export const predict: Action<"predict"> = async ({ out }, argument, options) => {
  await out.line(JSON.stringify({ argument, options }));
  return 0;
};
