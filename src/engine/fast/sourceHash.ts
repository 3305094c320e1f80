/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "f1c3d832cb440485e14b40bbcc0ff8d49bb76706e432eefc7f0ef31dcc859b8d";
