/** Progress bars as texts of a given width: what matters least goes first when room is short. */
import type { Style } from "./style.ts";
import { cut, padEnd, widthOf } from "./text.ts";

export interface BarParts {
  readonly label: string;
  /** 0 … 1. */
  readonly share: number;
  /** Said after the bar, the most important first. */
  readonly notes: readonly string[];
}

const leastBar = 10;
const mostBar = 40;

/** One bar alone, of at most `width` columns. */
export function drawBar(bar: BarParts, width: number, style: Style): string {
  return drawBars([bar], width, style).join("");
}

/** `epoch 3/50 ━━━━━━━━────────  41%  loss 0.1234  12,345 rows/s`, bars of one length, in at most `width` columns. */
export function drawBars(bars: readonly BarParts[], width: number, style: Style): string[] {
  const labelWidth = Math.max(...bars.map(({ label }) => widthOf(label)));
  const fitted = bars.map(({ label, share, notes }) => {
    const done = Math.min(1, Math.max(0, share)) || 0;
    const percent = `${Math.floor(done * 100)}%`.padStart(4);
    const said = [percent, ...notes];
    const room = () => width - labelWidth - widthOf(said.join("  ")) - 2;
    while (said.length > 1 && room() < leastBar) said.pop();
    return { label: padEnd(label, labelWidth), done, percent, tail: said.join("  "), room: room() };
  });
  const size = Math.min(mostBar, ...fitted.map(({ room }) => room));
  return fitted.map(({ label, done, percent, tail }) => {
    if (size < leastBar) return cut(`${label} ${percent}`, width);
    const filled = Math.round(done * size);
    return `${label} ${style.accent("━".repeat(filled))}${style.dim("─".repeat(size - filled))} ${tail}`;
  });
}
