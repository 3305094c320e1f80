/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "8bb29e2f4d23493dfcf94b838bf15f69d5190745c08afa60b37b7d0ca58b5d88";
