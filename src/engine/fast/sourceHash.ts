/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "f8ee54c581407cc3695f9d547b3392303beb289a8fe8084ffce7fc6f3d4c05e9";
