/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "f1595080b8dcb117db9f4ee583a4aa3d8b981cf5525ede4629d6025bddcab609";
