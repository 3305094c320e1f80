/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "b95a3ef3b6251022a14b817b2a10c23d73b790fdf45c64c9ab1d6f07227a122c";
