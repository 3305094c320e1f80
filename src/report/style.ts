/** Colour, on terminals that want it. chalk is loaded only when there is colour to make. */

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
  // chalk paints all arguments that it gets, and `map` and `replace` give more than the text.
  const one = (paint: (text: string) => string) => (text: string) => paint(text);
  return {
    bold: one(bold),
    dim: one(dim),
    good: one(green),
    bad: one(red),
    warn: one(yellow),
    accent: one(cyan),
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

/**
 * Control characters made visible, so that a file's content can't move the cursor, ring the bell or
 * reorder what is read: `\x1b` for an escape, `\n` for a newline, `\u202e` for an override of direction.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    const short = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
    return short ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`);
  });
}
