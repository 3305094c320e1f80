/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "54ebf55a9ee4fade4fa74d83f478d87325b4e7b3222437844e10fecc1bb699fd";
