/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "9fde109e0cc9018775d23899c85b31defa50eca0667d221bfb34bfe14edfbc5d";
