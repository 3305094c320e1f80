/** Where a command's answers go: to stdout as they come, or to a file that appears when they are complete. */
import { writeFile } from "../support/fileWriter.ts";
import type { Output } from "./output.ts";

/** Ends by either `commit` or `discard`. */
export interface Sink {
  write(chunk: Uint8Array | string): Promise<void>;
  commit(): void;
  discard(): void;
}

export function outputSink(output: Output): Sink {
  return { write: (chunk) => output.write(chunk), commit() {}, discard() {} };
}

/** Throws UserError(io), here and later. */
export function fileSink(path: string): Sink {
  const file = writeFile(path);
  let isOpen = true;
  return {
    async write(chunk) {
      file.write(chunk);
    },
    commit() {
      isOpen = false;
      file.commit();
    },
    discard() {
      if (isOpen) file.discard();
      isOpen = false;
    },
  };
}
