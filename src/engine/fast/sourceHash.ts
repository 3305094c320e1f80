/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "d51fb708bc716f636ec4d90ab770b8968ca08b6fcc3cec88a5bcb672df59f82f";
