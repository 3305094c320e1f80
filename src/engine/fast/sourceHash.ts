/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "6471a7595a3874368c56c5780a7d3a0a631d36bd97543c76fc6389295f01b55d";
