/**
 * A graphics card, emulated on a processor (kernels/cuda/emulated.c): its program computes every verb, with the bits of
 * processors in every kind of tile, and what is left out of it is noticed.
 */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { cardSourceHash } from "../../kernels/source.js";
import type { Backend } from "../../src/engine/backend.ts";
import { namesByChoice, openKernels } from "../../src/engine/choose.ts";
import { loadCardAddon } from "../../src/engine/cuda/addon.ts";
import { openCard } from "../../src/engine/cuda/open.ts";
import { differingVerb } from "../../src/engine/cuda/selfCheck.ts";
import { describeBackend } from "./conformance.ts";
import { emulationIsHere } from "./emulation.ts";

const processor = async () => (await openKernels({ kernels: "wasm", threads: 1 })).backend;
const openEmulated = (tiles = -1) => openCard({ emulated: true, cache: null, tiles, processor });

/** The kinds of tiles, by number: see kernels/cuda/layout.h. */
const layout = readFileSync(new URL("../../kernels/cuda/layout.h", import.meta.url), "utf8");
const kinds = [...layout.matchAll(/X\(KIND_\w+, /g)].map((_, kind) => kind);

/** What kernels/cuda/emulated.c can be told to leave out. */
const faults = [
  { fault: "meetings of all blocks", number: 1 },
  { fault: "a block's barrier after a wait for copies", number: 2 },
  { fault: "a wait for the latest copies", number: 3 },
];

async function differs(card: Backend): Promise<string | null> {
  const other = await processor();
  try {
    return await differingVerb(card, other);
  } finally {
    await card.close();
    await other.close();
  }
}

describe.runIf(emulationIsHere())("with a C compiler", () => {
  describeBackend("cuda emulated", () => openEmulated());

  test("there are kinds of tiles", () => expect(kinds).toHaveLength(10));

  test.each(kinds)("every verb has a processor's bits, products in tiles of kind %d", async (kind) => {
    expect(await differs(await openEmulated(kind))).toBeNull();
  });

  describe("a planted fault", () => {
    afterEach(() => loadCardAddon("cuda-emulated").fault!(0));

    test.each(faults)("is noticed: without $fault", async ({ number }) => {
      const card = await openEmulated();
      loadCardAddon("cuda-emulated").fault!(number);
      expect(await differs(card)).not.toBeNull();
    });
  });
});

test("auto tries a card for much work alone, and says why where none opens", async () => {
  expect(namesByChoice(1e9)).not.toContain("cuda");
  expect(namesByChoice(1e15)[0]).toBe("cuda");
  const { backend, report } = await openKernels({ kernels: "auto", threads: 1, work: 1e15 });
  await backend.close();
  const [card] = report;
  expect(card).toMatchObject({ name: "cuda", opened: backend.name === "cuda" });
  expect(card!.outcome).not.toBe("");
});

const ptx = readFileSync(new URL("../../kernels/nnt-cuda.ptx", import.meta.url), "utf8");

test("the committed program of cards was built from the C source as it is (else: npm run build:cuda)", () => {
  expect(ptx.slice(3, ptx.indexOf("\n"))).toBe(cardSourceHash());
});

test("the program of cards keeps everything in registers, and rounds as processors do", () => {
  expect(ptx).toContain(".target sm_80");
  expect(ptx).toContain(".visible .entry run_list(");
  expect(ptx).not.toMatch(/\.local\b|\.approx\b|\.ftz\b/);
});
