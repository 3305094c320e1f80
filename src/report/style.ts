/** Colour, on terminals that want it: chalk's, marked for `terminal.ts` to let through; loaded only when there is any to make. */
import { marked } from "./terminal.ts";

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly accent: (text: string) => string;
}

const same = (text: string): string => text;

export const plainStyle: Style = { bold: same, dim: same, good: same, bad: same, warn: same, accent: same };

export async function colourStyle(): Promise<Style> {
  const { Chalk } = await import("chalk");
  const { bold, dim, green, red, yellow, cyan } = new Chalk({ level: 1 });
  return {
    bold: marked(bold),
    dim: marked(dim),
    good: marked(green),
    bad: marked(red),
    warn: marked(yellow),
    accent: marked(cyan),
  };
}

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** FORCE_COLOR wins over NO_COLOR (as in Node itself), both over what the stream is. */
export function wantsColour(isTerminal: boolean, env: Environment): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return isTerminal && terminal !== "dumb";
}

/** Whether things may be redrawn in place: on a real terminal that no CI service records. */
export function wantsRedrawing(isTerminal: boolean, env: Environment): boolean {
  const inCi = env.CI !== undefined && env.CI !== "" && env.CI !== "false" && env.CI !== "0";
  return isTerminal && env.TERM !== "dumb" && !inCi;
}
