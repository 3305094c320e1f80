/** Files that are a header and the bytes it promises: what is promised is checked before room is made for it. */
import { dataError } from "../problems.ts";
import { fileSize, readFileBytes } from "../source.ts";

/** Bytes stay bytes; others have the precision their type needs. */
export type Elements = Uint8Array | Float32Array | Float64Array;

export interface ArrayHeader {
  /** The elements' type, in words. */
  readonly type: string;
  /** Records, then the shape of each. */
  readonly shape: readonly number[];
  readonly headerBytes: number;
  /** Bytes of all elements. */
  readonly dataBytes: number;
  /** The elements of these bytes, row-major. Reuses their memory. */
  readonly decode: (data: Uint8Array<ArrayBuffer>) => Elements;
}

/** Deflate's largest ratio: more than this many times its size no gzip file inflates to. */
const largestRatio = 1032;

/**
 * The header, and all bytes after it. Throws UserError: io, or data for more or fewer bytes than promised.
 * @param parse the header that the bytes begin with; null while some of its bytes are missing
 */
export async function readArrayBytes(
  file: string,
  parse: (bytes: Uint8Array) => ArrayHeader | null,
): Promise<{ header: ArrayHeader; data: Uint8Array<ArrayBuffer> }> {
  const size = await fileSize(file);
  let start: Uint8Array = new Uint8Array(0);
  let header: ArrayHeader | null = null;
  let data = new Uint8Array(0);
  let at = 0;
  let isGzip = false;
  const take = (chunk: Uint8Array) => {
    if (at + chunk.length > data.length) throw wrongLength(file, header!, null);
    data.set(chunk, at);
    at += chunk.length;
  };
  for await (const chunk of readFileBytes(file, (gzip) => (isGzip = gzip))) {
    if (header) take(chunk);
    else {
      start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
      header = parse(start);
      if (!header) continue;
      if (header.dataBytes === 0) throw empty(file, header);
      checkPromise(header, file, size, isGzip);
      data = new Uint8Array(header.dataBytes);
      take(start.subarray(header.headerBytes));
    }
  }
  if (!header)
    throw dataError({
      file,
      message: "the file ends within its header",
      expected: "an IDX or NPY header",
    });
  if (at < data.length) throw wrongLength(file, header, at + header.headerBytes);
  return { header, data };
}

/** What the header promises must be what the file holds. */
function checkPromise(header: ArrayHeader, file: string, size: number | null, isGzip: boolean): void {
  const promised = header.headerBytes + header.dataBytes;
  if (size === null) return;
  if (isGzip ? promised > largestRatio * size + 64 : promised !== size)
    throw wrongLength(file, header, size, isGzip);
}

function empty(file: string, { shape }: ArrayHeader) {
  const message = `an array of shape ${shape.join(" × ")} holds nothing`;
  return dataError({ file, message, expected: "elements" });
}

function wrongLength(file: string, header: ArrayHeader, found: number | null, isGzip = false) {
  const promised = header.headerBytes + header.dataBytes;
  const holds = found === null ? "more" : isGzip ? `${found} compressed` : found;
  return dataError({
    file,
    message: `the header promises ${header.shape.join(" × ")} elements of ${header.type}, ${promised} bytes, and the file holds ${holds}`,
    expected: "as many bytes as the header says",
  });
}
