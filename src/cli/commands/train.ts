import type { Action } from "../actions.ts";
export const train: Action<"train"> = async ({ out }, argument, options) => {
  await out.line(JSON.stringify({ argument, options }));
  return 0;
};
