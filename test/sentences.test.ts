/** What was expected is said in the same words everywhere: read in the source, as no test could meet every mistake. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../src", import.meta.url).pathname;

/** Texts of `expected:` that do not read on after a semicolon. */
const unfit = (source: string) =>
  [...source.matchAll(/\bexpected: *["`](?!expected |did you mean )(.*)/g)].map(([, text]) => text);

test("every sentence goes on with `expected …` or `did you mean …?`", () => {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const found = files.flatMap((file) => unfit(readFileSync(join(root, file), "utf8")));
  expect(found).toEqual([]);
});

test("one that does not is found", () => {
  expect(unfit('throw dataError({ message, expected: "a number" });')).toHaveLength(1);
});
