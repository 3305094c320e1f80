/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "58fcdb62d7f68beea1819bb5c5e0f082495ecfd2490a52b488899b132844c633";
