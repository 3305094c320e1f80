/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "4a613a0cf33f7286fce33130aa4d9fd493d00b195f02c1865ef5805eef096147";
