/** `nnt completion`: the script that lets a shell complete nnt's command lines. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { Action } from "../actions.ts";
import { completionScript, shells } from "../completion.ts";

export const completion: Action<"completion"> = async ({ out }, given) => {
  const shell = shells.find((name) => name === given);
  if (shell === undefined) {
    const guess = nearest(given, shells);
    throw new UserError(exitCodes.usage, {
      message: `no completion for the shell "${given}"`,
      expected: `one of ${shells.join(", ")}`,
      hint: guess && `did you mean ${guess}?`,
    });
  }
  await out.write(completionScript(shell));
  return 0;
};
