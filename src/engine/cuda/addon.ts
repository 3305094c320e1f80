/** Finds and loads the addon for graphics cards, built beside the native kernels; it needs a driver, no toolkit. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ownFile } from "../../support/ownFile.ts";

/** What kernels/cuda/addon.c exports. What fails throws an Error whose message is a sentence. */
export interface CardAddon {
  /** The first card that can be used. `kind`: of the tiles of all products, for tests; −1: the best for each. */
  open(kind: number): Card;
  /** Its name; in a second line major, minor, driver, multiprocessors, bytes of memory, free bytes. */
  facts(card: Card): string;
  /** The card's own program from PTX that ends with a 0. */
  compile(card: Card, ptx: ArrayBuffer): ArrayBuffer;
  load(card: Card, program: ArrayBuffer): void;
  /** The address of new zeros. */
  allocate(card: Card, bytes: number): number;
  free(card: Card, address: number): void;
  /** Moves `bytes` of a buffer from `offset` on to the card's memory, and back, after all that was begun before. */
  put(card: Card, address: number, buffer: ArrayBufferLike, offset: number, bytes: number): void;
  get(card: Card, address: number, buffer: ArrayBufferLike, offset: number, bytes: number): void;
  /** Begins the list in the first `words` doubles of a buffer. */
  run(card: Card, list: ArrayBuffer, words: number): void;
  /** Returns when all that was begun is done. */
  wait(card: Card): void;
  close(card: Card): void;
  /** sha256 of the C source it was built from. */
  source(): string;
  /** Of the emulated card alone: plants a fault, by number as in kernels/cuda/emulated.c. */
  fault?(which: number): void;
}

/** An open card, opaque to JavaScript. */
export type Card = object & { readonly isCard: never };

export interface CardFacts {
  readonly name: string;
  /** Compute capability, as 8.0; what the driver is for, as CUDA 12.4. */
  readonly capability: string;
  readonly driver: string;
  readonly multiprocessors: number;
  readonly bytes: number;
  readonly freeBytes: number;
}

export function factsOf(addon: CardAddon, card: Card): CardFacts {
  const [name, figures] = addon.facts(card).split("\n") as [string, string];
  const [major, minor, driver, multiprocessors, bytes, freeBytes] = figures.split(" ").map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    name,
    capability: `${major}.${minor}`,
    driver: `${Math.floor(driver / 1000)}.${Math.floor((driver % 1000) / 10)}`,
    multiprocessors,
    bytes,
    freeBytes,
  };
}

const require = createRequire(import.meta.url);

/**
 * @param name `cuda`, or `cuda-emulated`, which tests build
 * @throws Error saying why no addon can be loaded
 */
export function loadCardAddon(name: "cuda" | "cuda-emulated"): CardAddon {
  /** The same path from src/engine/cuda and dist/engine/cuda. */
  const built = fileURLToPath(ownFile(`build/${name}.node`));
  return require(existsSync(built) ? built : platformFile(name)) as CardAddon;
}

function platformFile(name: string): string {
  const kernels = `@nnt/kernels-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${kernels}/${name}.node`);
  } catch {
    throw new Error(`what opens a card is neither built here (no C compiler at install?) nor in ${kernels}`);
  }
}
