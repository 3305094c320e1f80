/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "e7dad5663876209134fee520e273b44a849ba3153b1ecf6599ff37879c6364eb";
