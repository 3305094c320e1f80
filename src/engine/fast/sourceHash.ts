/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "027e1be9b4ec5a056abbfe9c5ac29f7fdda4a11414ed57e3b2c399008bdc04f9";
