/** Texts that are meant as one, or as numbers, and are not read so: what is said of a column that holds them. */
import { quoted } from "../../support/errors.ts";
import { canonicalLabel } from "./labels.ts";

/** Spellings and examples named in a sentence. */
const mostNamed = 5;
/** Nearly all: a few cells may be something else. */
const nearlyAll = 0.9;
/** In fewer texts, an affix may be chance. */
const leastNumbers = 5;

/**
 * A number with a currency before it or a unit behind it, or with commas or spaces between its digits. Other letters
 * before a number make it a name, as in t17.
 */
const written =
  /^\s*((?:[\p{Sc}~<>≈#]|EUR|USD|GBP|CHF|JPY|Rs\.?)?\s*)[+-]?(\d[\d.,' \u00a0\u202f]*?)(\s*[^\d\s.,]{0,4})\s*$/u;

/** A sentence, if nearly all different texts of a column are numbers with an affix, or with commas. */
export function numbersAsTexts(subject: string, levels: readonly string[]): string[] {
  const example = numbersWritten(levels);
  if (example === null) return [];
  return [`${subject} holds numbers as ${quoted(example)}, taken for texts: write them as 1234.5`];
}

/** What is odd about the different texts of a column; `subject` begins the sentences. */
export function spellings(subject: string, levels: readonly string[]): string[] {
  const numbers = numbersAsTexts(subject, levels);
  if (numbers.length > 0) return numbers;
  const groups = new Map<string, string[]>();
  for (const level of levels) {
    const alike = canonicalLabel(level.trim().toLowerCase());
    const group = groups.get(alike);
    if (group) group.push(level);
    else groups.set(alike, [level]);
  }
  const several = [...groups.values()].filter((group) => group.length > 1);
  if (several.length === 0) return [];
  const named = several.slice(0, mostNamed).map((group) => group.slice(0, mostNamed).map(quoted).join(", "));
  const more = several.length > mostNamed ? `, and ${several.length - mostNamed} more such` : "";
  return [
    `${subject}: ${named.join("; ")}${more} differ in case, spaces or zeros only, and are taken for different`,
  ];
}

/** An example, if nearly all texts are numbers with one and the same affix, or with commas. */
function numbersWritten(levels: readonly string[]): string | null {
  const counts = new Map<string, { count: number; example: string }>();
  for (const level of levels) {
    const found = written.exec(level);
    if (!found) continue;
    const [, before, digits, behind] = found;
    const affix = `${before!.trim()}|${behind!.trim()}`;
    if (affix === "|" && !/[,' \u00a0\u202f]/u.test(digits!)) continue;
    const known = counts.get(affix);
    if (known) known.count++;
    else counts.set(affix, { count: 1, example: level });
  }
  const affixes = [...counts.values()].toSorted((a, b) => b.count - a.count);
  const most = affixes[0];
  if (!most || most.count < leastNumbers || most.count < nearlyAll * levels.length) return null;
  return most.example;
}
