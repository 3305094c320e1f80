/** Opens a card: its program, compiled once for each card and driver, and checked before it is used the first time. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { atomicWrite, isThere, makeFolder } from "../../support/files.ts";
import { ownFile } from "../../support/ownFile.ts";
import type { Backend } from "../backend.ts";
import { type Card, type CardAddon, type CardFacts, factsOf, loadCardAddon } from "./addon.ts";
import { CardBackend } from "./backend.ts";
import { differingVerb } from "./selfCheck.ts";

export interface CardOptions {
  /** The emulation, which tests build, instead of a card. */
  readonly emulated: boolean;
  /** Of the tiles of all products, by number, for tests; absent: the best for each. */
  readonly tiles?: number;
  /** A folder for compiled programs; null, or one that cannot be used: compiled and checked each time. */
  readonly cache: string | null;
  /** Opens what the card's numbers are compared with. */
  readonly processor: () => Promise<Backend>;
}

/** @throws Error: why no card computes, as a sentence */
export async function openCard({
  emulated,
  tiles = -1,
  cache,
  processor,
}: CardOptions): Promise<CardBackend> {
  const addon = loadCardAddon(emulated ? "cuda-emulated" : "cuda");
  const card = addon.open(tiles);
  try {
    const facts = factsOf(addon, card);
    const { name, capability, driver, multiprocessors, bytes } = facts;
    const described = emulated
      ? "cuda: a card that a processor emulates, for tests"
      : `cuda: ${name}, ${multiprocessors} multiprocessors, ${Math.floor(bytes / 2 ** 30)} GB, compute capability ${capability}, driver for CUDA ${driver}`;
    const backend = new CardBackend(addon, card, described, name);
    if (emulated) addon.load(card, new ArrayBuffer(1));
    else await loadProgram({ addon, card, backend, cache, processor }, facts);
    return backend;
  } catch (error) {
    addon.close(card);
    throw error;
  }
}

interface Opened extends Pick<CardOptions, "cache" | "processor"> {
  readonly addon: CardAddon;
  readonly card: Card;
  readonly backend: Backend;
}

/** A program is kept once it has passed the check: one that is there need not pass it again. */
async function loadProgram(
  { addon, card, backend, cache, processor }: Opened,
  { name, capability, driver, multiprocessors }: CardFacts,
): Promise<void> {
  const ptx = readPtx(addon.source());
  const sameCard = [addon.source(), name, capability, driver, multiprocessors];
  const key = createHash("sha256").update(sameCard.join("\n")).digest("hex");
  const file = cache === null ? null : join(cache, `card-${key.slice(0, 32)}`);
  const kept = file === null ? null : keptProgram(file);
  if (kept) {
    addon.load(card, kept);
    return;
  }
  const program = addon.compile(card, ptx);
  addon.load(card, program);
  const other = await processor();
  try {
    const verb = other.fused ? await differingVerb(backend, other) : null;
    if (verb !== null) throw new Error(`its check found that ${name} computes ${verb} with other bits`);
  } finally {
    await other.close();
  }
  if (file !== null) keep(file, program);
}

/** The program with the 0 that ends a text in C. */
function readPtx(source: string): ArrayBuffer {
  const text = readFileSync(ownFile("kernels/nnt-cuda.ptx"));
  if (text.subarray(3, 3 + source.length).toString() !== source) {
    throw new Error(
      "the card's program was built from another version of the source; run `npm run build:cuda`",
    );
  }
  const bytes = new Uint8Array(text.length + 1);
  bytes.set(text);
  return bytes.buffer;
}

/** What follows a sha256 of it in the file: a damaged one is none. */
function keptProgram(file: string): ArrayBuffer | null {
  try {
    if (!isThere(file)) return null;
    const bytes = readFileSync(file);
    const program = bytes.subarray(digestBytes);
    const sum = createHash("sha256").update(program).digest();
    return sum.equals(bytes.subarray(0, digestBytes)) ? Uint8Array.from(program).buffer : null;
  } catch {
    // A cache that cannot be read costs time only.
    return null;
  }
}

const digestBytes = 32;

function keep(file: string, program: ArrayBuffer): void {
  try {
    makeFolder(join(file, ".."));
    const bytes = new Uint8Array(program);
    atomicWrite(file, [createHash("sha256").update(bytes).digest(), bytes]);
  } catch {
    // Nor does one that cannot be written: the next process compiles again.
  }
}
