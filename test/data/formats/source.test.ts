/** The bytes of data files: plain, gzip, from stdin's likes, and what is refused before it fills memory. */
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fileSize, inflated, readFileBytes } from "../../../src/data/formats/source.ts";
import { exitCodes, type UserError } from "../../../src/support/errors.ts";
import { streamOf, temporaryFiles } from "../support.ts";

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
    ["in name only", Buffer.from("rows"), "not gzip data; expected gzip, as the name says"],
    ["of no bytes", Buffer.alloc(0), "the file is empty"],
    ["with a tail", Buffer.concat([gzipSync("rows"), Buffer.alloc(9)]), "bytes that are not gzip follow"],
  ])("%s is refused", async (_, bytes, message) => {
    const path = file("rows.gz", bytes);
    const error = await sizeOf(readFileBytes(path)).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ exitCode: exitCodes.data, message: expect.stringContaining(message) });
    expect((error as UserError).message).toContain(`${path}: `);
  });

  test("with a tail that comes later is refused, too", async () => {
    const late = inflated(streamOf([gzipSync("rows"), Buffer.alloc(9), Buffer.alloc(9)]), "t");
    await expect(sizeOf(late)).rejects.toMatchObject({ exitCode: exitCodes.data });
  });

  test("of several members is all of them, told before the first bytes come", async () => {
    const kinds: boolean[] = [];
    const members = streamOf([gzipSync("a,b\n"), gzipSync("1,2\n")]);
    expect(await sizeOf(inflated(members, "t", { onKind: (isGzip) => kinds.push(isGzip) }))).toBe(8);
    expect(
      await sizeOf(inflated(streamOf([Buffer.from("1")]), "t", { onKind: (is) => kinds.push(is) })),
    ).toBe(1);
    expect(kinds).toEqual([true, false]);
  });

  test("that fails for another reason than its bytes fails with that reason", async () => {
    const reason = new Error("the wire was cut");
    async function* broken() {
      yield gzipSync("rows").subarray(0, 12);
      throw reason;
    }
    await expect(sizeOf(inflated(broken(), "t"))).rejects.toBe(reason);
  });

  test("in chunks of a byte is the same", async () => {
    const bytes = gzipSync("a,b\n1,2\n");
    const single = streamOf([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(await sizeOf(inflated(single, "t"))).toBe(8);
  });
});

describe("zstd", () => {
  /** `printf 'a,b\\n1,2\\n' | zstd`: a window of its own, and a checksum. */
  const frame = Buffer.from("28b52ffd0458410000612c620a312c320a35e7cace", "hex");

  test.each([
    ["cut short", frame.subarray(0, -7), "the zstd data is cut short"],
    ["damaged", Buffer.concat([frame.subarray(0, 6), Buffer.of(7, 0, 0, 0)]), "the zstd data is damaged"],
    ["in name only", Buffer.from("rows"), "not zstd data; expected zstd, as the name says"],
    ["with a tail", Buffer.concat([frame, Buffer.from("tail of text")]), "the zstd data is damaged"],
  ])("%s is refused", async (_, bytes, message) => {
    const path = file("rows.zst", bytes);
    const error = await sizeOf(readFileBytes(path)).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ exitCode: exitCodes.data, message: expect.stringContaining(message) });
  });

  test("of several frames is all of them, in chunks of a byte, too", async () => {
    const frames = Buffer.concat([frame, frame]);
    const single = streamOf([...frames].map((byte) => Uint8Array.of(byte)));
    expect([await sizeOf(inflated(streamOf([frames]), "t")), await sizeOf(inflated(single, "t"))]).toEqual([
      16, 16,
    ]);
  });
});

test("bytes that begin as neither gzip nor UTF-16 are themselves, in their own pieces", async () => {
  for (const start of ["ff41", "41fe", "fe41", "41ff", "1f41", "418b"]) {
    const pieces = [start, "ffff", "00"].map((hex) => Buffer.from(hex, "hex"));
    const seen: string[] = [];
    for await (const chunk of inflated(streamOf(pieces), "t")) seen.push(Buffer.from(chunk).toString("hex"));
    expect(seen).toEqual([start, "ffff", "00"]);
  }
  for await (const _ of inflated(streamOf([]), "t.gz", { named: "gzip" }))
    throw new Error("a piece of nothing");
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
