/** Spellings of one text, and which of them stands for all. */

export interface Spelling {
  readonly trim: boolean;
  readonly case: "lower" | "upper" | null;
}

/** The text that stands for all that differ from it in blanks around it, or in case, as the spelling has it. */
export function spelled({ trim, case: inCase }: Spelling, text: string): string {
  const taken = trim ? text.trim() : text;
  if (inCase === null) return taken;
  return inCase === "lower" ? taken.toLowerCase() : taken.toUpperCase();
}
