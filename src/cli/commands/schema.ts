import type { Action } from "../actions.ts";
export const schema: Action<"schema"> = async ({ out }) => {
  await out.line("{}");
  return 0;
};
