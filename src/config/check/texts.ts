/** Contradictions between a column of texts and its settings, and of settings that only texts have. */
import type { ColumnSpec } from "../schema/data.ts";
import type { Contradiction } from "./contradiction.ts";

export function isOfTexts(encoding: ColumnSpec["encoding"]): encoding is "tfidf" | "hashed" {
  return encoding === "tfidf" || encoding === "hashed";
}

/** Shorter runs of letters say nothing of a word. */
const fewestLetters = 3;

export function* textOptions(name: string, column: ColumnSpec): Iterable<Contradiction> {
  const { type, encoding, words, letters, missing, indicator } = column;
  const path = ["data", "columns", name];
  if (type !== "text") {
    for (const option of ["words", "letters", "buckets"] as const) {
      if (column[option] === null) continue;
      const message = `${name} ${type === null ? "has no type" : `is of type ${type}`}, but has ${option}`;
      yield { path: [...path, option], message, expected: `type: text beside ${option}` };
    }
    if (!isOfTexts(encoding)) return;
    const message = `${name} ${type === null ? "has no type" : `is of type ${type}`}, but is encoded ${encoding}`;
    yield { path: [...path, "encoding"], message, expected: `type: text beside ${encoding}` };
    return;
  }
  if (encoding !== null && !isOfTexts(encoding)) {
    const message = `the text ${name} cannot be encoded ${encoding}`;
    yield { path: [...path, "encoding"], message, expected: "tfidf or hashed" };
  }
  if (letters !== null && letters > 0 && letters < fewestLetters) {
    const message = `runs of ${letters} letters of ${name} do not count`;
    yield { path: [...path, "letters"], message, expected: `${fewestLetters} at least, or 0 for none` };
  }
  if (words === 0 && !letters) {
    const message = `neither words nor letters of ${name} count`;
    yield { path: [...path, "words"], message, expected: "1 at least, or letters beside it" };
  }
  if (missing !== null && missing !== "error" && missing !== "drop") {
    const message = `a missing text of ${name} is an empty one, and cannot be filled`;
    yield { path: [...path, "missing"], message, expected: "error, or nothing" };
  }
  if (indicator) {
    const message = `${name} is of type text, which has no indicator`;
    yield { path: [...path, "indicator"], message, expected: "no indicator: an empty text is one" };
  }
}
