/** A sample of `npm run fuzz`: wrong files of every kind are read or refused with a sentence. */
import { expect, test } from "vitest";
import { type Format, formats } from "./formats.ts";
import { fuzz } from "./fuzz.ts";

test.each(Object.entries<Format>(formats))("%s", { timeout: 120_000 }, async (_, format) => {
  const { failures } = await fuzz(format, Math.min(200, 20_000 * format.share), 7);
  expect(failures).toEqual([]);
});
