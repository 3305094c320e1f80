/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "65b25b45cd9dabdd5160511041b2bfd66c02b2acbb67103d8e4b5be9d8ce01d1";
