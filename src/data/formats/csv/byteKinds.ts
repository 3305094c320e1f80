/** What a byte can mean outside quotes. */

export const ordinary = 0;
export const delimits = 1;
const quotes = 2;
export const endsLine = 3;
export const isNul = 4;
export const isHigh = 5;

/** By byte, where that delimiter stands between fields. */
export function byteKinds(delimiter: string): Uint8Array<ArrayBuffer> {
  const kinds = new Uint8Array(256).fill(isHigh, 0x80);
  kinds[0] = isNul;
  for (const end of "\r\n") kinds[end.charCodeAt(0)] = endsLine;
  kinds['"'.charCodeAt(0)] = quotes;
  kinds[delimiter.charCodeAt(0)] = delimits;
  return kinds;
}
