/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */
export const sourceHash = "4fa094a7b954ade473357380e131e529be709c67a18dae3168f4f3dafb8466ed";
