/** Names of columns as a person writes them in one text, whatever characters they hold. */

/**
 * The text itself where it is a known name; else its parts between commas, quoted as CSV fields where a name has a
 * comma, a quote or outer spaces: `id, "happy, 1-10"`. Empty parts stay, and match no name.
 */
export function namesIn(written: string, known: readonly string[] = []): readonly string[] {
  if (known.includes(written)) return [written];
  const parts = written.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/gy);
  const names = Array.from(parts, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
  // The end of the text matches as one more, empty part, unless a comma stands there.
  return written.trimEnd().endsWith(",") ? names : names.slice(0, -1);
}
