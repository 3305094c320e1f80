/**
 * The gate to terminals and logs: everything that leaves as a line goes through `terminalLine`. What comes from files is
 * made visible there; what is meant as colour is marked, in a way that no file can know.
 */

/** How colours of this process are marked: a file's author cannot guess it. null: none have been made yet. */
let own: { readonly secret: string; readonly marks: RegExp; readonly markOrControl: RegExp } | null = null;

function ownMarks() {
  if (own !== null) return own;
  // Loaded here: most output has no colour, and this takes longer than to print a page of help.
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  const secret = randomBytes(8).readBigUInt64LE().toString();
  const marks = new RegExp(`\\u001b\\[${secret};(\\d+)m`, "g");
  own = { secret, marks, markOrControl: new RegExp(`${marks.source}|${controls().source}`, "g") };
  return own;
}

/** Paint whose codes (ECMA-48, SGR) are marked as this process's own. */
export function marked(paint: (text: string) => string): (text: string) => string {
  const { secret } = ownMarks();
  const [begin = "", end = ""] = paint("-")
    .split("-")
    .map((code) => code.replace("\u001b[", `\u001b[${secret};`));
  return (text) => begin + text + end;
}

/**
 * Control characters made visible, so that a file's content can't move the cursor, ring the bell or
 * reorder what is read: `\x1b` for an escape, `\n` for a newline, `\u202e` for an override of direction. Marked colours
 * stay.
 */
export function printable(text: string): string {
  return text.replace(own?.markOrControl ?? controls(), (found, code: unknown) =>
    typeof code === "string" ? found : visible(found),
  );
}

/** A text among others, in quotes where blanks would not show, or where it has no character at all. */
export function named(text: string): string {
  return /^\s|\s$|\s\s|[^\S ]|^$/u.test(text) ? jsonLine(text) : printable(text);
}

/**
 * One line as it may leave: without control characters but the colours that are marked, and no command to the service
 * that records it (`::error::`, `##[group]`, `##vso[…]`), which would be taken at its word.
 */
export function terminalLine(text: string): string {
  const line = withoutCommand(withoutDirectives(printable(text)));
  return own === null ? line : line.replace(own.marks, "\u001b[$1m");
}

/** Text of several lines, as `terminalLine` each: for a terminal that shows what is meant for a file. */
export function terminalText(text: string): string {
  return text.split("\n").map(terminalLine).join("\n");
}

/** JSON on one line in which nothing but JSON's own escapes stand for what a terminal would obey. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value);
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(controls(), escaped).replace(/##(?=\w*\[)/g, "#\\u0023");
}

/** `##[…]` and `##vso[…]` are obeyed anywhere in a line. */
export function withoutDirectives(text: string): string {
  return text.replace(/##(?=\w*\[)/g, "#\\#");
}

/** Services look for a command at a line's beginning, blanks and colours left out. */
function withoutCommand(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape begins a marked colour
  const start = /^(?:\s|\u001b\[[\d;]*m)*::/.exec(line)?.[0];
  return start === undefined ? line : `${start.slice(0, -2)}\\:${line.slice(start.length - 1)}`;
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  const short = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
  return short ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`);
}

/** C0, DEL and C1, separators of lines, and what turns the direction of writing. */
function controls(): RegExp {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
}
