/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "56668592e1ad624806c61d0db1ba8d9738b82f5a4900cf3b3f0728d14dd41d79";
