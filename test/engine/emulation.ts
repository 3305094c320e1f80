/** The emulation of a graphics card, built where it is missing or older than its source. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cardSourceHash } from "../../kernels/source.js";
import { loadCardAddon } from "../../src/engine/cuda/addon.ts";

function isBuilt(): boolean {
  try {
    return loadCardAddon("cuda-emulated").source() === cardSourceHash();
  } catch {
    return false;
  }
}

/** Whether it is there: not without a C compiler. */
export function emulationIsHere(): boolean {
  if (isBuilt()) return true;
  const script = fileURLToPath(new URL("../../kernels/build-cuda.js", import.meta.url));
  try {
    execFileSync(process.execPath, [script, "--emulated"], { stdio: "pipe" });
  } catch (error) {
    if (String((error as Error).message).includes("ENOENT")) return false;
    throw error;
  }
  return isBuilt();
}
