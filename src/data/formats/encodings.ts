/** Which encoding bytes that are no UTF-8 may have, and how to get them into it. */

/** Bytes of Windows-1252 between those of ASCII and those that Latin-1 has, too: quotes, dashes, €. */
const ofWindows = /[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]/;
/** Bytes that Windows-1252 does not have. */
const ofNone = /[\x81\x8d\x8f\x90\x9d]/;
/** Its bytes from 0x80 to 0x9f; node's own decoder takes them for Latin-1's. */
const windows = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ";
/** Shown around the byte. */
const shown = 12;

/** A hint on bytes that are no UTF-8 at a position. */
export function encodingHint(bytes: Uint8Array, at: number): string {
  const text = Buffer.from(bytes).toString("latin1");
  if (ofNone.test(text)) return "iconv -f ENCODING -t UTF-8 FILE, if the encoding is known";
  const name = ofWindows.test(text) ? "Windows-1252 (cp1252)" : "Latin-1, or Windows-1252 (cp1252)";
  const code = ofWindows.test(text) ? "CP1252" : "LATIN1";
  const around = text
    .slice(Math.max(0, at - shown), at + shown)
    .replace(/[\x80-\x9f]/g, (byte) => windows[byte.charCodeAt(0) - 0x80]!);
  return `in ${name} it reads ${JSON.stringify(around)}; if that is right: iconv -f ${code} -t UTF-8 FILE`;
}

/** Offset of the first byte that no UTF-8 text has there: decoding puts a replacement in its place. */
export function invalidUtf8(bytes: Uint8Array): number {
  const decoded = Buffer.from(Buffer.from(bytes).toString());
  let at = decoded.findIndex((byte, index) => byte !== bytes[index]);
  // A part of a character may begin as the replacement does.
  while ((decoded[at]! & 0xc0) === 0x80) at--;
  return at;
}
