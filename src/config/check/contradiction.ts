/** A contradiction between valid values of a spec, as every rule reports it. */
import type { Path } from "../paths.ts";

/** A contradiction at a canonical path. */
export interface Contradiction {
  readonly path: Path;
  readonly message: string;
  readonly expected: string;
}

/** Names that appear twice in a list. */
export function* repeated(names: readonly string[], path: Path): Iterable<Contradiction> {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    yield {
      path: [...path, index],
      message: `${path.join(".")} names ${name} twice`,
      expected: "each name once",
    };
  }
}
