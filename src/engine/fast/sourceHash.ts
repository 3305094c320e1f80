/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "33ce27025085ee2dea8cde3afd2f1f76e02bda367fea27f91dc9c5c7322aec45";
