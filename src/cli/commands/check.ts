import type { Action } from "../actions.ts";
export const check: Action<"check"> = async ({ out }, argument, options) => {
  await out.line(JSON.stringify({ argument, options }));
  return 0;
};
