/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "a837553790c86b953b4c7f3cf3434294f7ccda97714f0741c8a4bc39580eb857";
