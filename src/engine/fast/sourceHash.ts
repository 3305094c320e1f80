/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "09ef43d3dac6bfe78e72811235080a62a170163e69586c8d3fcde3d5c83d1b96";
