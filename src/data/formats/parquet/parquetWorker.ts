/**
 * Decodes groups of rows on a thread of its own, whose memory and time are limited: damaged bytes can make the
 * library write or search without end.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { DecodedArray, FileMetaData } from "hyparquet";

/** A page that inflates to more than this, and to more than so many times its size, is a bomb. */
const bomb = { bytes: 2 ** 26, ratio: 1000 };

/** What a worker gets: more than any true file needs. */
export interface Allowance {
  /** Megabytes: what a worker takes with the libraries loaded, and all that is given to one at most. */
  readonly memory: { readonly least: number; readonly most: number };
  /** Seconds for a group of rows: far more than the slowest codec takes, even on a busy machine. */
  readonly time: { readonly seconds: number; readonly perMegabyte: number };
}

const usual: Allowance = { memory: { least: 64, most: 4096 }, time: { seconds: 20, perMegabyte: 1 } };

/** Generous: an array's element, a text beside its bytes, a page beside what it is unpacked to. */
const bytesPerValue = 64;
const copiesOfPages = 6;

const source = `
const { parentPort, workerData } = require("node:worker_threads");
const { hyparquet, codecs, file, metadata, names, bomb } = workerData;
const { isUtf8 } = require("node:buffer");
const loading = Promise.all([import(hyparquet), import(codecs)]);

const parsers = {
  // Bytes that are no text stay bytes: replaced ones would be alike.
  stringFromBytes: (bytes) => bytes && (isUtf8(bytes) ? Buffer.from(bytes).toString() : bytes.slice()),
  // A date holds milliseconds; what is finer stays as text.
  timestampFromMicroseconds: (time) => exactly(BigInt(time), 1000n),
  timestampFromNanoseconds: (time) => exactly(BigInt(time), 1000000n),
};
function exactly(time, perMillisecond) {
  const rest = ((time % perMillisecond) + perMillisecond) % perMillisecond;
  const date = new Date(Number((time - rest) / perMillisecond));
  if (rest === 0n || Number.isNaN(date.getTime())) return date;
  const digits = String(rest).padStart(String(perMillisecond).length - 1, "0");
  return date.toISOString().slice(0, -1) + digits + "Z";
}

const limited = (compressors) => Object.fromEntries(Object.entries(compressors).map(([codec, decompress]) => [
  codec,
  (input, outputBytes) => {
    if (outputBytes > bomb.bytes && outputBytes > bomb.ratio * input.length)
      throw new Error("a page inflates to more than " + bomb.ratio + " times its size");
    return decompress(input, outputBytes);
  },
]));

async function decode({ rowStart, rowEnd }) {
  const [{ asyncBufferFromFile, parquetRead }, { compressors }] = await loading;
  const chunks = new Map(names.map((name) => [name, []]));
  await parquetRead({
    file: await asyncBufferFromFile(file),
    metadata,
    rowStart,
    rowEnd,
    columns: names,
    parsers,
    compressors: limited(compressors),
    onChunk: (chunk) => chunks.get(chunk.columnName)?.push(chunk),
  });
  return names.map((name) => {
    const parts = chunks.get(name).sort((a, b) => a.rowStart - b.rowStart);
    const values = parts.length === 1 ? parts[0].columnData : parts.flatMap(({ columnData }) => [...columnData]);
    if (values.length !== rowEnd - rowStart)
      throw new Error("column " + JSON.stringify(name) + " holds " + values.length + " values for " + (rowEnd - rowStart) + " rows");
    return values;
  });
}

parentPort.on("message", (rows) => decode(rows).then(
  (columns) => parentPort.postMessage({ columns }),
  (error) => parentPort.postMessage({ fault: String(error.message), code: error.code }),
));
`;

/** Of a package's entry, for a thread that has no file of its own to look for packages from. */
function addressOf(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
}

interface Answer {
  readonly columns?: readonly DecodedArray[];
  readonly fault?: string;
  readonly code?: string;
}

/** The columns of each group of rows, in the order of the names. Throws the library's errors. */
export async function* decodedGroups(
  file: string,
  metadata: FileMetaData,
  names: readonly string[],
  groupRows: readonly number[],
  allowance = usual,
): AsyncGenerator<readonly DecodedArray[]> {
  const hyparquet = addressOf("hyparquet");
  const codecs = addressOf("hyparquet-compressors");
  const worker = new Worker(source, {
    eval: true,
    workerData: { hyparquet, codecs, file, metadata, names, bomb },
    resourceLimits: { maxOldGenerationSizeMb: megabytesFor(metadata, allowance) },
    execArgv: [],
    env: {},
  });
  const milliseconds = 1000 * secondsFor(metadata, allowance);
  let rowStart = 0;
  const ask = (rows: number): Promise<Answer> => {
    const answer = new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => take({ fault: "decoding does not end" }), milliseconds);
      const take = (found: Answer) => {
        clearTimeout(timer);
        resolve(found);
      };
      worker.removeAllListeners();
      worker.once("message", take);
      worker.once("error", (error) => take({ fault: error.message }));
    });
    worker.postMessage({ rowStart, rowEnd: rowStart + rows });
    rowStart += rows;
    return answer;
  };
  try {
    for (const rows of groupRows) {
      const { columns, fault, code } = await ask(rows);
      if (!columns) throw Object.assign(new Error(fault), { code });
      yield columns;
    }
  } finally {
    await worker.terminate();
  }
}

/** Of the largest group of rows, by what the file says of it. */
function megabytesFor({ row_groups }: FileMetaData, { memory }: Allowance): number {
  const bytes = row_groups.map(({ columns }) =>
    columns.reduce((sum, { meta_data }) => {
      const values = Number(meta_data?.num_values ?? 0);
      const unpacked = Number(meta_data?.total_uncompressed_size ?? 0);
      return sum + bytesPerValue * values + copiesOfPages * unpacked;
    }, 0),
  );
  const needed = memory.least + Math.max(0, ...bytes) / 2 ** 20;
  return Math.ceil(Math.min(Math.max(needed, memory.least), memory.most));
}

function secondsFor({ row_groups }: FileMetaData, { memory, time }: Allowance): number {
  const bytes = Math.max(0, ...row_groups.map(({ total_byte_size }) => Number(total_byte_size)));
  return time.seconds + time.perMegabyte * Math.min(bytes / 2 ** 20, memory.most);
}
