/** Estimates what a JSON text would create before it is parsed: 16 MB of brackets become gigabytes of objects. */

/** Opinions: recursion over the value must not overflow the stack, and refusing a file must not take 64 MB. */
const jsonLimits = { depth: 64, values: 1_000_000 } as const;

/** What about a JSON text is excessive, as the predicate of a sentence; null: nothing. */
export function excessOf(text: string): string | null {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = closingQuote(text, at);
    else if (code === comma) values++;
    else if (code === closeBrace || code === closeBracket) depth--;
    else if (code === openBrace || code === openBracket) {
      values++;
      if (++depth > jsonLimits.depth) return `nests deeper than ${jsonLimits.depth} levels`;
    }
    if (values > jsonLimits.values) return `holds more than ${jsonLimits.values} values`;
  }
  return null;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Position of the quote that ends the string; the text's end where none does. */
function closingQuote(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
