/** The part of the global WebAssembly that is used: Node has it, its type definitions (version 20) do not. */
declare namespace WebAssembly {
  class Module {
    constructor(binary: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    readonly exports: object;
    constructor(module: Module, imports: object);
  }
  class Memory {
    readonly buffer: ArrayBufferLike;
    constructor(options: { initial: number; maximum: number; shared?: boolean });
    /** Returns the pages there were before. */
    grow(pages: number): number;
  }
  interface Global {
    value: number;
  }
  class CompileError extends Error {}
}
