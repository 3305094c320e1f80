/** Texts that are meant as one, or as numbers, and are not read so: what is said of a column that holds them. */
import { quoted } from "../../support/errors.ts";
import { affixed, type Notation, numberReader } from "../formats/notation.ts";
import { canonicalLabel, looksBoolean } from "./labels.ts";

/** Spellings and examples named in a sentence. */
const mostNamed = 5;
/** Nearly all: a few cells may be something else. */
const nearlyAll = 0.9;
/** In fewer texts, an affix may be chance. */
const leastNumbers = 5;

/** How the numbers in a column of texts are written. */
export interface NumbersFound extends Notation {
  readonly example: string;
  readonly prefix: string | null;
  readonly suffix: string | null;
  /** Whether what is taken for thousands may be decimals. */
  readonly isUnsure: boolean;
}

/**
 * A number with a currency before it or a unit behind it, or with commas or spaces between its digits. Other letters
 * before a number make it a name, as in t17.
 */
const written =
  /^\s*[+-]?((?:[\p{Sc}~<>≈#]|EUR|USD|GBP|CHF|JPY|Rs\.?)?\s*)[+-]?(?:\d[\d.,'_’ \u00a0\u2009\u202f]*?)(\s*[^\d\s.,]{0,4})\s*$/u;

/** The most usual ones first. */
const notations: readonly Notation[] = [
  { decimal: ".", thousands: null },
  { decimal: ".", thousands: "," },
  { decimal: ",", thousands: null },
  { decimal: ",", thousands: "." },
  ...[" ", "'", "_"].flatMap((thousands) => [
    { decimal: "." as const, thousands },
    { decimal: "," as const, thousands },
  ]),
];

/** How nearly all different texts of a column are numbers, if they are. */
export function numbersIn(levels: readonly string[], least = leastNumbers): NumbersFound | null {
  const groups = new Map<string, string[]>();
  for (const level of levels) {
    const found = written.exec(level);
    if (!found) continue;
    const affixes = `${found[1]!.trim()}\n${found[2]!.trim()}`;
    const group = groups.get(affixes);
    if (group) group.push(level);
    else groups.set(affixes, [level]);
  }
  const [most] = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  if (!most || most[1].length < Math.max(least, nearlyAll * levels.length)) return null;
  const [affixes, texts] = most;
  const [prefix, suffix] = affixes.split("\n").map((affix) => affix || null) as [
    string | null,
    string | null,
  ];
  const readBy = (notation: Notation) => {
    const read = affixed({ prefix, suffix }, numberReader(notation));
    return texts.filter((text) => !Number.isNaN(read(text))).length;
  };
  const counts = notations.map(readBy);
  const count = Math.max(...counts);
  const notation = notations[counts.indexOf(count)]!;
  const isPlain = notation === notations[0] && prefix === null && suffix === null;
  if (isPlain || count < nearlyAll * levels.length) return null;
  const isUnsure = notation.thousands === "," && counts[2] === count;
  return { ...notation, prefix, suffix, isUnsure, example: texts[0]! };
}

/** The lines of a spec that read such numbers of a column. */
export function linesFor(
  { decimal, thousands, prefix, suffix, isUnsure }: NumbersFound,
  name: string,
): string {
  const settings = Object.entries({ prefix, suffix }).filter(([, affix]) => affix !== null);
  const affixes = settings.map(([key, affix]) => `${key}: ${JSON.stringify(affix)}`).join(", ");
  const lines = [
    ...(decimal === "," ? ['data.decimal: ","'] : []),
    ...(thousands === null ? [] : [`data.thousands: ${JSON.stringify(thousands)}`]),
    ...(affixes === "" ? [] : [`columns: { ${JSON.stringify(name)}: { ${affixes} } }`]),
  ];
  const other = isUnsure ? ', or data.decimal: "," where the comma stands before decimals' : "";
  return `${lines.join(" and ")} ${lines.length > 1 ? "read" : "reads"} them${other}`;
}

/** A sentence, if nearly all different texts of a column are numbers with an affix, or with commas. */
export function numbersAsTexts(what: string, name: string, levels: readonly string[]): string[] {
  const found = numbersIn(levels);
  if (found === null) return [];
  const line = linesFor(found, name);
  return [`${what} ${quoted(name)} holds numbers as ${quoted(found.example)}, taken for texts: ${line}`];
}

/** What is odd about the different texts of a column; `what` it is begins the sentences. */
export function spellings(what: string, name: string, levels: readonly string[]): string[] {
  const numbers = numbersAsTexts(what, name, levels);
  if (numbers.length > 0) return numbers;
  const groups = new Map<string, string[]>();
  for (const level of levels) {
    const alike = canonicalLabel(level.trim().toLowerCase());
    const group = groups.get(alike);
    if (group) group.push(level);
    else groups.set(alike, [level]);
  }
  const several = [...groups.values()].filter((group) => group.length > 1);
  const booleans = what === "target" && groups.size > 2 && looksBoolean(levels);
  if (booleans) {
    const all = levels.slice(0, mostNamed).map(quoted).join(", ");
    return [
      `target ${quoted(name)}: ${all}${levels.length > mostNamed ? " and more" : ""} all mean yes or no, and are taken for ${levels.length} classes: data.task: multilabel takes them for one label that is there or not`,
    ];
  }
  if (several.length === 0) return [];
  const named = several.slice(0, mostNamed).map((group) => group.slice(0, mostNamed).map(quoted).join(", "));
  const more = several.length > mostNamed ? `, and ${several.length - mostNamed} more such` : "";
  return [
    `${what} ${quoted(name)}: ${named.join("; ")}${more} differ in case, spaces or zeros only, and are taken for different${merging(name, several)}`,
  ];
}

/** The line of a spec that makes one of spellings, where one does. */
function merging(name: string, groups: readonly (readonly string[])[]): string {
  const counts = (group: readonly string[], change: (text: string) => string) =>
    new Set(group.map(change)).size;
  const trim = (text: string) => text.trim();
  const lower = (text: string) => text.trim().toLowerCase();
  const settings = [
    ...(groups.some((group) => group.some((text) => trim(text) !== text)) ? ["trim: true"] : []),
    ...(groups.some((group) => counts(group, lower) < counts(group, trim)) ? ["case: lower"] : []),
  ];
  if (settings.length === 0) return "";
  return `: columns: { ${JSON.stringify(name)}: { ${settings.join(", ")} } } makes one of them`;
}
