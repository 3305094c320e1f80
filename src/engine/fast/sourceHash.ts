/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "474862a57383f912d79b49dddf9d230aa53a120574291942f5d9a7ff8b3cce4c";
