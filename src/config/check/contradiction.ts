/** What two valid values of a spec can say against each other, as every rule reports it. */
import type { Path } from "../paths.ts";

/** A contradiction at a canonical path. */
export interface Contradiction {
  readonly path: Path;
  readonly message: string;
  readonly expected: string;
}

/** Names that a list has twice. */
export function* repeated(names: readonly string[], path: Path): Iterable<Contradiction> {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    yield {
      path: [...path, index],
      message: `${path.join(".")} names ${name} twice`,
      expected: "it once",
    };
  }
}
