/** The docs say what the program says: `npm run docs` has been run since its tables and its code changed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { excerpt } from "../../docs/make/excerpt.ts";
import { withCode } from "../../docs/make/guide.ts";
import { referencePages } from "../../docs/make/reference.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test.each(Object.entries(await referencePages()))(
  "reference/%s is up to date (npm run docs)",
  (name, text) => {
    expect(read(`docs/reference/${name}`)).toBe(text);
  },
);

test.each(readdirSync(join(root, "docs/guide")))(
  "the code in guide/%s is that of today (npm run docs)",
  (name) => {
    const page = read(`docs/guide/${name}`);
    expect(withCode(page, "../../", pathToFileURL(`${root}/`))).toBe(page);
  },
);

const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !name.startsWith("site/")) // copies, and others' pages
  .map((name) => `docs/${name}`);

test.each([...pages, "README.md"])("every file that %s links to is there", (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
});

test("every script that pages and messages name is one of the package's", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${name}`);
  const missing = [...pages, ...sources, "README.md", "CONTRIBUTING.md"].flatMap((file) =>
    [...read(file).matchAll(/npm run (?:-s )?([a-z][\w:]*)/g)]
      .filter(([, script]) => !(script! in scripts))
      .map(([, script]) => `${file}: ${script}`),
  );
  expect(missing).toEqual([]);
});

describe("an excerpt", () => {
  const source = `/** A row. */
const row = {
  /** One. */
  one: (x) => x,
  two(
    a: number,
  ) {
    return a;
  },
};

export const three = 3;
`;
  test("is a declaration with its comment", () => {
    expect(excerpt(source, "row.one")).toBe("/** One. */\none: (x) => x,");
    expect(excerpt(source, "row.two")).toBe("two(\n  a: number,\n) {\n  return a;\n},");
    expect(excerpt(source, "three")).toBe("export const three = 3;");
  });

  test.each(["four", "row.three"])("of %s, which is not there, fails", (symbol) => {
    expect(() => excerpt(source, symbol)).toThrow("0 declarations");
  });
});
