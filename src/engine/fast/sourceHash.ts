/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "f013290d836eed0239cd6f8a295abe3174f7dda7f68d0393d2423177ff37b462";
