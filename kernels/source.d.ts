/** sha256 over names and contents of all C files, in the order of their names. */
export function sourceHash(): string;
export const folder: string;
export function cardSourceHash(): string;
