/** The bytes of data files: plain, gzip, from stdin's likes, and what is refused before it fills memory. */
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fileSize, inflated, readFileBytes } from "../../src/data/source.ts";
import { streamOf, temporaryFiles } from "./support.ts";

const file = temporaryFiles();

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}

describe("gzip", () => {
  test.each([
    ["cut short", gzipSync("rows").subarray(0, -5), "the gzip data is cut short"],
    ["damaged", Buffer.concat([gzipSync("rows").subarray(0, 10), Buffer.alloc(9, 255)]), "is damaged"],
    ["in name only", Buffer.from("rows"), "not gzip data; expected gzip, as the name ends in .gz"],
    ["of no bytes", Buffer.alloc(0), "the file is empty"],
  ])("%s is refused", async (_, bytes, message) => {
    await expect(sizeOf(readFileBytes(file("rows.gz", bytes)))).rejects.toThrow(message);
  });

  test("in chunks of a byte is the same", async () => {
    const bytes = gzipSync("a,b\n1,2\n");
    const single = streamOf([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(await sizeOf(inflated(single, "t"))).toBe(8);
  });
});

test("a stream of one byte, or of none, is itself", async () => {
  expect(await sizeOf(inflated(streamOf([Uint8Array.of(0x1f)]), "t"))).toBe(1);
  expect(await sizeOf(inflated(streamOf([]), "t"))).toBe(0);
});

test("a directory is no file, a missing file is told, a device has no size", async () => {
  await expect(fileSize(tmpdir())).rejects.toThrow("it is a directory");
  await expect(fileSize("nowhere.csv")).rejects.toThrow("nowhere.csv: cannot read: no such file");
  expect(await fileSize("/dev/null")).toBeNull();
});

describe("gzip of little that inflates to much", () => {
  /** 16 MiB of zeros, as one of the members that a gzip file may have. */
  const zeros = gzipSync(Buffer.alloc(2 ** 24));
  const bomb = (members: number) => streamOf(Array.from({ length: members }, () => zeros));

  test("is refused beyond a GiB and 200 times its size, in flat memory", {
    timeout: 120_000,
  }, async () => {
    const before = process.memoryUsage().rss;
    await expect(sizeOf(inflated(bomb(1000), "bomb.gz"))).rejects.toThrow(
      "bomb.gz: inflates to more than 200 times its size; expected data, not a decompression bomb",
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  test("is read up to there, however small the file was", { timeout: 60_000 }, async () => {
    expect(await sizeOf(inflated(bomb(4), "zeros.gz"))).toBe(4 * 2 ** 24);
  });
});
