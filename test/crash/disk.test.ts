/** The disk that the power cuts are played on: it loses what a real one may lose, and nothing else. */
import { expect, test } from "vitest";
import { Disk, type DiskCall } from "./disk.ts";

const bytes = (text: string) => Buffer.from(text);
const play = (calls: readonly DiskCall[]) => {
  const disk = new Disk();
  for (const call of calls) disk.play(call);
  return disk;
};
const texts = (found: ReadonlyMap<string, Buffer | null>) =>
  Object.fromEntries([...found].map(([name, content]) => [name, content === null ? null : String(content)]));

const written: DiskCall[] = [
  { call: "mkdir", path: "d" },
  { call: "sync", path: "." },
  { call: "create", path: "d/t" },
  { call: "write", path: "d/t", bytes: bytes("new") },
];

test("without a sync of the directory a file has no name, without one of the file no content", () => {
  expect(texts(play(written).afterCut("none"))).toEqual({ d: null });
  const named = play([...written, { call: "sync", path: "d" }]);
  expect(texts(named.afterCut("none"))).toEqual({ d: null, "d/t": "" });
  named.play({ call: "sync", path: "d/t" });
  expect(texts(named.afterCut("none"))).toEqual({ d: null, "d/t": "new" });
});

test("a rename that was not synced may be there or not, whatever follows it", () => {
  const disk = play([
    ...written,
    { call: "sync", path: "d/t" },
    { call: "link", path: "d/t", to: "d/u" },
    { call: "rename", path: "d/t", to: "d/a" },
    { call: "rename", path: "d/u", to: "d/b" },
  ]);
  const lots = Array.from({ length: 64 }, (_, lot) => {
    let bits = lot;
    const chance = () => {
      const bit = bits & 1;
      bits >>= 1;
      return bit ? 0.9 : 0.1;
    };
    return JSON.stringify(Object.keys(texts(disk.afterCut(chance))).sort());
  });
  expect(lots).toContain('["d","d/b"]'); // the later one alone
  expect(lots).toContain('["d","d/a"]');
  expect(texts(disk.afterCut("all"))).toEqual({ d: null, "d/a": "new", "d/b": "new" });
});

test("a run whose renames are not synced would be caught", () => {
  const unsynced = play([
    ...written,
    { call: "rename", path: "d/t", to: "d/model" },
    { call: "sync", path: "d" },
  ]);
  expect(texts(unsynced.afterCut("none"))).toEqual({ d: null, "d/model": "" });
});
