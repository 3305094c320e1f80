/** Which files a path of a spec means: where it lies, and what a pattern with `*` and `?` matches. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { exitCodes, UserError } from "../../support/errors.ts";

/** Stands for the standard input. */
export const stdinPath = "-";

/** A path of a spec, as seen from the working directory; whole where it lies outside. */
export function placeFile(path: string, baseDirectory: string): string {
  if (isAbsolute(path) || path === stdinPath) return path;
  const whole = join(baseDirectory, path);
  const seen = relative("", whole);
  return seen === "" || seen.split(sep)[0] === ".." || isAbsolute(seen) ? whole : seen;
}

/** In the order of their names. Throws UserError(io) for a pattern that matches nothing. */
export async function matchingFiles(path: string): Promise<readonly string[]> {
  if (!isPattern(path) || existsSync(path)) return [path];
  const found = await matching(path);
  if (found.length > 0) return found;
  const expected = "the path of a file, or a pattern of at least one";
  throw new UserError(exitCodes.io, { file: path, message: "no file has such a name", expected });
}

function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

async function matching(path: string): Promise<string[]> {
  const folder = dirname(path);
  const folders = isPattern(folder) ? await matching(folder) : [folder];
  const name = path.slice(folder === "." && !path.startsWith(".") ? 0 : folder.length).replace(/^\//, "");
  const expression = new RegExp(`^${name.split("").map(characterPattern).join("")}$`, "u");
  const found: string[] = [];
  for (const one of folders) {
    const names = await readdir(one).catch(() => []); // a file, or a folder that is not there, has none
    found.push(
      ...names
        .filter((entry) => expression.test(entry) && !entry.startsWith("."))
        .map((entry) => join(one, entry)),
    );
  }
  return found.sort();
}

function characterPattern(character: string): string {
  if (character === "*") return "[^/]*";
  return character === "?" ? "[^/]" : character.replace(/[\\^$.|+()[\]{}]/, "\\$&");
}
