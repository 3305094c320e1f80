/** Streams of bytes that begin with the byte order mark of UTF-16 become UTF-8; all others stay as they are. */
import { dataError } from "./problems.ts";

/** The first two bytes or more, and an iterable over what follows them. */
export async function peek(
  chunks: AsyncIterator<Uint8Array>,
): Promise<{ start: Uint8Array; rest: AsyncIterable<Uint8Array> }> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    start = start.length === 0 ? value : Buffer.concat([start, value]);
  }
  const rest = { [Symbol.asyncIterator]: () => chunks };
  return { start, rest };
}

/** Throws UserError(data), with the byte's number, for what is no UTF-16. */
export async function* withoutUtf16(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const { start, rest } = await peek(source[Symbol.asyncIterator]());
  const isBig = start[0] === 0xfe && start[1] === 0xff;
  const isLittle = start[0] === 0xff && start[1] === 0xfe;
  if (!isBig && !isLittle) {
    if (start.length > 0) yield start;
    yield* rest;
    return;
  }
  const decoder = new Utf16Decoder(isBig, file);
  yield decoder.utf8(start.subarray(2));
  for await (const chunk of rest) yield decoder.utf8(chunk);
  decoder.end();
}

/** Half a pair that lacks the other one. */
const loneSurrogate = /\p{Surrogate}/u;

class Utf16Decoder {
  /** Bytes of a character that is not complete. */
  private kept: Uint8Array = new Uint8Array(0);
  /** Where they stand in the file. */
  private offset = 2;

  constructor(
    private readonly isBig: boolean,
    private readonly file: string | undefined,
  ) {}

  utf8(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.kept, chunk]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
    const units = this.isBig ? Buffer.from(whole).swap16() : whole;
    let text = units.toString("utf16le");
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) text = text.slice(0, -1);
    const lone = text.search(loneSurrogate);
    if (lone >= 0) throw this.invalid(lone);
    this.kept = Uint8Array.from(bytes.subarray(2 * text.length));
    this.offset += 2 * text.length;
    return Buffer.from(text);
  }

  end(): void {
    if (this.kept.length > 0) throw this.invalid(0);
  }

  private invalid(unit: number) {
    const message = `invalid UTF-16 at byte ${this.offset + 2 * unit}`;
    return dataError({ file: this.file, message, expected: "text" });
  }
}
