/** The index of a column's texts: numbered as they come, found again among any neighbours, however many there are. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LevelIndex } from "../../../src/data/formats/levels.ts";

const find = (index: LevelIndex, text: string) => {
  const bytes = Buffer.from(`x${text}y`);
  return index.find(bytes, 1, bytes.length - 1);
};

describe("an index of texts", () => {
  test("numbers each as it came, and knows no others", () => {
    const texts = fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 120 });
    fc.assert(
      fc.property(texts, fc.nat(120), (all, cut) => {
        const [known, unknown] = [all.slice(0, cut), all.slice(cut)];
        const index = LevelIndex.of(known);
        expect(index.count).toBe(known.length);
        expect(index.texts()).toEqual(known);
        expect(known.map((text) => find(index, text))).toEqual([...known.keys()]);
        expect(unknown.map((text) => find(index, text))).toEqual(unknown.map(() => -1));
      }),
      { numRuns: 15 },
    );
  });

  test("holds hundreds, of any length", () => {
    const texts = Array.from({ length: 600 }, (_, number) =>
      number % 100 === 7 ? "x".repeat(number) : `${number}`,
    );
    const index = LevelIndex.of(texts);
    expect(index.texts()).toEqual(texts);
    for (const [number, text] of texts.entries()) if (find(index, text) !== number) throw new Error(text);
  });

  test("tells apart texts of one hash", () => {
    // Under 32-bit FNV-1a these two collide.
    const index = LevelIndex.of(["costarring", "liquid"]);
    expect(["costarring", "liquid"].map((text) => find(index, text))).toEqual([0, 1]);
    expect(find(LevelIndex.of(["costarring"]), "liquid")).toBe(-1);
  });
});
