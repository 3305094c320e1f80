/** JSON Lines: the object of every line, whatever the chunks, and what is wrong with a line beside it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/data/formats/byteWriter.ts";
import { type JsonlBatch, jsonlRows } from "../../../src/data/formats/jsonl/jsonlRows.ts";
import { sentence } from "../../../src/support/errors.ts";
import { chunked, streamOf } from "../support.ts";

interface Found {
  header: readonly string[];
  /** An object, or what is wrong, by line. */
  lines: [number, unknown][];
  batches: number[];
}

async function read(chunks: readonly Uint8Array[]): Promise<Found> {
  const found: Found = { header: [], lines: [], batches: [] };
  for await (const batch of jsonlRows(streamOf(chunks), { file: "in", columns: [] })) {
    found.header = batch.header;
    found.batches.push(batch.count);
    for (let row = 0; row < batch.count; row++) {
      const problem = batch.problems.get(row);
      found.lines.push([batch.placeOf(row).line!, problem ? sentence(problem) : batch.objects[row]]);
    }
  }
  return found;
}
const readText = (text: string) => read([Buffer.from(text)]);

const keys = fc.oneof(
  fc.constantFrom("a", "b", '"', "\\", "__proto__", "{", ",", ":"),
  fc.string({ maxLength: 3 }),
);
const ends = fc.constantFrom("\n", "\r\n", " \n", "\t\r\n");

describe("the lines of a stream", () => {
  test("are their objects, in any chunks, with any line ends", async () => {
    const line = fc.tuple(fc.dictionary(keys, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), ends);
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1 }),
        fc.array(fc.nat(500)),
        fc.boolean(),
        async (all, cuts, mark) => {
          const texts = all.map(([object, end]) => JSON.stringify(object) + end);
          const text = `${mark ? "\uFEFF" : ""}${texts.join("")}`;
          const { header, lines } = await read(chunked(Buffer.from(text.slice(0, -1)), cuts));
          expect(lines).toEqual(
            all.map(([object], index) => [index + 1, JSON.parse(JSON.stringify(object))]),
          );
          expect(header).toEqual(Object.keys(JSON.parse(JSON.stringify(all[0]![0]))));
        },
      ),
    );
  });

  test("are refused for a key that stands twice, by the first that does, as it is written", async () => {
    const value = fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json));
    const members = fc.array(fc.tuple(keys, value, fc.boolean()), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(members, async (list) => {
        const written = list.map(([key, , isEscaped]) =>
          isEscaped ? `"${[...key].map(escaped).join("")}"` : JSON.stringify(key),
        );
        const text = `{ ${list.map(([, json], index) => `${written[index]} : ${json}`).join(" , ")} }`;
        const twice = list.findIndex(([key], index) => list.findIndex(([other]) => other === key) < index);
        const { lines } = await readText(`${text}\n`);
        const problem = `in:1: the key ${written[twice]} twice; expected one JSON object per line`;
        expect(lines).toEqual([[1, twice < 0 ? JSON.parse(text) : problem]]);
      }),
    );
  });

  test("that are empty are none", async () => {
    const { lines } = await readText('{"a":1}\n\n \t\r\n{"a":2}\n\n{"a":3}\n\n\r\n  ');
    expect(lines).toEqual([
      [1, { a: 1 }],
      [4, { a: 2 }],
      [6, { a: 3 }],
    ]);
    await expect(readText("\n \n")).rejects.toThrow("in: the file is empty");
  });

  test("come in batches as soon as they are whole, of 1024 at most", async () => {
    const line = Buffer.from('{"a":1}\n');
    const many = Buffer.concat(Array(2500).fill(line));
    expect((await read([many])).batches).toEqual([1024, 1024, 452]);
    expect((await read([line, line.subarray(0, 3), line.subarray(3), line])).batches).toEqual([1, 1, 1]);
  });

  test.each([
    ["[1]", "in:1: an array instead of an object"],
    ["null", "in:1: null instead of an object"],
    ['"a"', 'in:1: "a" instead of an object'],
    ["3", "in:1: 3 instead of an object"],
    ['{"a":1', "in:1"],
    ["{a:1}", "in:1:2: not JSON"],
    ['{"a":"\xff"}', "in:1: invalid UTF-8"],
    ['\uFEFF\uFEFF{"a":1}', "in:1: not JSON"],
  ])("are refused for %s, and those after are read", async (text, problem) => {
    const bytes = Buffer.from(text, text.includes("\xff") ? "latin1" : "utf8");
    const { lines } = await read([bytes, Buffer.from('\n{"b":1}')]);
    expect(lines[0]![1]).toContain(problem);
    expect(lines[1]).toEqual([2, { b: 1 }]);
  });

  test("name the columns by the first object, and those asked for after them", async () => {
    expect((await readText('{"b":1,"a":2}\n{"c":1}')).header).toEqual(["b", "a"]);
    const rows = jsonlRows(streamOf([Buffer.from('[]\n{"b":1,"a":2}\n')]), {
      file: "in",
      columns: ["c", "a"],
    });
    expect((await rows.next()).value).toMatchObject({ header: ["b", "a", "c"] });
  });

  test("may not go on without end", async () => {
    const megabyte = Buffer.alloc(2 ** 20, "x");
    const endless = Array<Buffer>(65).fill(megabyte);
    await expect(read([Buffer.from('{"a":1}\n{"a":"'), ...endless])).rejects.toThrow(
      "in:2: a line that does not end; expected 64 MB at most",
    );
    const long = await read([Buffer.from('{"a":"'), ...endless.slice(2), Buffer.from('"}\n{"a":1}')]);
    expect(long.lines.map(([line]) => line)).toEqual([1, 2]);
  });
});

test("values are written as they were, texts as texts, what is not there as nothing", async () => {
  const members = {
    text: '"a,\\"b"',
    number: "1.5",
    large: "12345678901234567890",
    larger: "1e400",
    list: '[1, {"b":null}]',
    none: "null",
    yes: "true",
  };
  const names = [...Object.keys(members), "toString"];
  const line = `{ ${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)} : ${value}`)
    .join(" , ")} }`;
  const written = async (write: (batch: JsonlBatch, field: number, out: ByteWriter) => void) => {
    const texts: string[] = [];
    for await (const batch of jsonlRows(streamOf([Buffer.from(line)]), { file: "in", columns: [] })) {
      for (const field of names.keys()) {
        const out = new ByteWriter();
        write(batch, field, out);
        texts.push(Buffer.from(out.take()).toString());
      }
    }
    return texts;
  };
  expect(names.slice(0, -1)).toEqual(Object.keys(JSON.parse(line)));
  expect(await written((batch, field, out) => batch.writeJson(0, field, out))).toEqual([
    ...Object.values(members),
    "null",
  ]);
  expect(await written((batch, field, out) => batch.writeCsv(0, field, out))).toEqual([
    '"a,""b"',
    "1.5",
    "12345678901234567890",
    "1e400",
    '"[1, {""b"":null}]"',
    "",
    "true",
    "",
  ]);
});

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}
