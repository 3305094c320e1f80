/** One progress bar as a text of a given width: what matters least goes first when room is short. */
import type { Style } from "./style.ts";
import { cut, widthOf } from "./text.ts";

export interface BarParts {
  readonly label: string;
  /** 0 … 1. */
  readonly share: number;
  /** Said after the bar, the most important first. */
  readonly notes: readonly string[];
}

const leastBar = 10;
const mostBar = 40;

/** `epoch 3/50 ━━━━━━━━────────  41%  loss 0.1234  12,345 rows/s`, in at most `width` columns. */
export function drawBar({ label, share, notes }: BarParts, width: number, style: Style): string {
  const done = Math.min(1, Math.max(0, share)) || 0;
  const percent = `${Math.floor(done * 100)}%`.padStart(4);
  const said = [...notes];
  const tail = () => [percent, ...said].join("  ");
  const room = () => width - widthOf(label) - widthOf(tail()) - 2;
  while (said.length > 0 && room() < leastBar) said.pop();
  if (room() < leastBar) return cut(`${label} ${percent}`, width);
  const size = Math.min(mostBar, room());
  const filled = Math.round(done * size);
  const bar = style.accent("━".repeat(filled)) + style.dim("─".repeat(size - filled));
  return `${label} ${bar} ${tail()}`;
}
