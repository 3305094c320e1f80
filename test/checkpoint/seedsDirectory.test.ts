import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunMode } from "../../src/checkpoint/runDirectory.ts";
import { openSeeds, readSeeds, seedDirectory } from "../../src/checkpoint/seedsDirectory.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { refusal, scratch } from "./support.ts";

const open = (out: string, mode: RunMode, seeds = [0, 1]) => openSeeds({ out, name: "n", mode }, seeds);

/** A directory in which seeds 0 and 1 were trained. */
function trained(): string {
  const out = join(scratch(), "seeds");
  const directory = open(out, "fresh");
  directory.write('{"seeds":[0,1]}');
  writeFileSync(directory.ensemble, "a model");
  for (const seed of [0, 1]) {
    mkdirSync(seedDirectory(out, seed));
    writeFileSync(join(seedDirectory(out, seed), "metrics.jsonl"), "{}\n");
    writeFileSync(join(seedDirectory(out, seed), "last.ckpt"), "a model");
  }
  directory.close();
  return out;
}

describe("the directory of several seeds", () => {
  it("is one writer's at a time", () => {
    const out = trained();
    const held = open(out, "resume");
    expect(refusal(exitCodes.io, () => open(out, "resume"))).toContain("in use by this process");
    held.close();
    open(out, "resume").close();
  });

  it("that holds runs is refused, and given back", () => {
    const out = trained();
    expect(refusal(exitCodes.io, () => open(out, "fresh"))).toContain("already holds runs");
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("that is one run's own is refused in any mode", () => {
    for (const mode of ["fresh", "resume", "overwrite"] as const) {
      const out = scratch();
      writeFileSync(join(out, "metrics.jsonl"), "{}\n");
      expect(refusal(exitCodes.io, () => open(out, mode))).toContain("a run of one seed");
      expect(readdirSync(out)).toEqual(["metrics.jsonl"]);
    }
  });

  it("to be overwritten keeps the runs of its seeds for them to overwrite, and no others", () => {
    const out = trained();
    writeFileSync(join(out, "notes.txt"), "mine");
    const place = open(out, "overwrite", [1, 2]);
    expect(readdirSync(out)).toContain("seeds.json");
    place.begin();
    place.close();
    expect(readdirSync(out).sort()).toEqual(["notes.txt", "seed-0", "seed-1"]);
    expect(readdirSync(seedDirectory(out, 0))).toEqual([]);
    expect(readdirSync(seedDirectory(out, 1)).sort()).toEqual(["last.ckpt", "metrics.jsonl"]);
  });
});

describe("seeds.json", () => {
  it("is read where it is there and an object", () => {
    const out = trained();
    expect(readSeeds(out)).toEqual({ seeds: [0, 1] });
    expect(readSeeds(scratch())).toBeNull();
    for (const text of ["{", "3", "null"]) {
      writeFileSync(join(out, "seeds.json"), text);
      expect(readSeeds(out)).toBeNull();
    }
  });

  it("that cannot be read is no missing one", () => {
    const out = scratch();
    mkdirSync(join(out, "seeds.json"));
    expect(refusal(exitCodes.io, () => readSeeds(out))).toContain(
      "seeds.json: cannot read: it is a directory",
    );
  });
});
