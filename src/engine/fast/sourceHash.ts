/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "2435e206bf7d5e0dabbf38becbdbf72ddd022cadd87a42dbd4744fcad85e41cd";
