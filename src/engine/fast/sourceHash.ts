/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "86261a58942315f6a767fb7d31b6d2eef608ed448fa8e27d901883fc4ecde9c8";
