/** The emulation of a graphics card, which test/build.ts makes before any test where it is missing or old. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cardSourceHash } from "../../kernels/source.js";
import { loadCardAddon } from "../../src/engine/cuda/addon.ts";

/** Whether it is there: not without a C compiler. */
export function emulationIsHere(): boolean {
  try {
    return loadCardAddon("cuda-emulated").source() === cardSourceHash();
  } catch {
    return false;
  }
}

export function buildEmulation(): void {
  if (emulationIsHere()) return;
  const script = fileURLToPath(new URL("../../kernels/build-cuda.js", import.meta.url));
  try {
    execFileSync(process.execPath, [script, "--emulated"], { stdio: "pipe" });
  } catch (error) {
    if (!String((error as Error).message).includes("ENOENT")) throw error;
  }
}
