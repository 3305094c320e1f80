import type { Action } from "../actions.ts";
export const evaluate: Action<"eval"> = async ({ out }, argument, options) => {
  await out.line(JSON.stringify({ argument, options }));
  return 0;
};
