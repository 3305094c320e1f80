/** sha256 over names and contents of all C files, in the order of their names. */
export function sourceHash(): string;
export function mpiSourceHash(): string;
export function cardSourceHash(): string;
export const folder: string;
