/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "97c5a9b0fc5356510b859cf99e277ad7c869705201a4d9a8f825b5c0f87154a1";
