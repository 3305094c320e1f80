/**
 * Lines at the bottom of a terminal that are drawn over themselves by cli-progress, one of its bars a line, under
 * lines that stay. Survives other numbers of lines and other widths of the terminal.
 */
import type { MultiBar, SingleBar } from "cli-progress";
import { terminalLine } from "./terminal.ts";
import { widthOf } from "./text.ts";

/** Redrawing is ours: cli-progress's own timer may fire once in eleven days. */
const framesPerSecond = 1e-6;
const clearToLineEnd = "\u001b[K";
/** Terminals that know it show a frame at once; others ignore it. */
const synchronized = { begin: "\u001b[?2026h", end: "\u001b[?2026l" };

interface Drawn {
  readonly multiBar: MultiBar;
  readonly bars: readonly SingleBar[];
  readonly columns: number;
  lines: readonly string[];
}

/** @param write takes all of a frame at once */
export async function openFrame(write: (text: string) => unknown): Promise<Frame> {
  const { default: cliProgress } = await import("cli-progress");
  const pending: string[] = [];
  // cli-progress cuts lines at the stream's width, counting colours as text: it is told there is room.
  const columns = Number.MAX_SAFE_INTEGER;
  const stream = { isTTY: true, columns, write: (text: string) => pending.push(text) };
  const open = () =>
    new cliProgress.MultiBar({
      stream: stream as unknown as NodeJS.WritableStream,
      linewrap: true, // the terminal's own setting stays as it is: lines see to their width
      format: (_options, _params, { line }: { line: string }) => line,
      forceRedraw: true,
      clearOnComplete: true,
      fps: framesPerSecond,
    });
  return new Frame(open, pending, write);
}

export class Frame {
  private drawn: Drawn | undefined;
  /** Lines that stay, not yet written. */
  private readonly logged: string[] = [];

  constructor(
    private readonly open: () => MultiBar,
    /** What cli-progress has written since the last flush. */
    private readonly pending: string[],
    private readonly write: (text: string) => unknown,
  ) {}

  get isOpen(): boolean {
    return this.drawn !== undefined;
  }

  /** A line that stays, above the frame from its next drawing on. */
  log(line: string): void {
    this.logged.push(terminalLine(line));
  }

  /** @param texts lines, none wider than `columns` */
  draw(texts: readonly string[], columns: number): void {
    const lines = texts.map(terminalLine);
    const fits = this.drawn?.lines.length === lines.length && this.drawn.columns === columns;
    if (!fits) this.clear(columns);
    if (!this.drawn) {
      const multiBar = this.open();
      this.drawn = { multiBar, columns, lines, bars: lines.map((line) => multiBar.create(1, 0, { line })) };
    }
    const { multiBar, bars } = this.drawn;
    for (const line of this.logged.splice(0)) multiBar.log(`${line}${clearToLineEnd}\n`); // over what stood there
    lines.forEach((line, index) => {
      bars[index]!.update({ line });
    });
    this.drawn.lines = lines;
    multiBar.update();
    this.flush();
  }

  /** Leaves the lines that stay, and nothing else. */
  close(columns: number): void {
    this.clear(columns);
    for (const line of this.logged.splice(0)) this.pending.push(`${line}\n`);
    this.flush();
  }

  /** Takes the frame away: all its rows, where a terminal that became narrower has broken its lines. */
  private clear(columns: number): void {
    if (!this.drawn) return;
    const broken = this.drawn.lines.map((line) => Math.max(0, Math.ceil(widthOf(line) / (columns + 1)) - 1));
    const rows = broken.reduce((sum, more) => sum + more, 0);
    if (rows > 0) this.pending.push(`\u001b[${rows}A`);
    this.drawn.multiBar.stop();
    this.drawn = undefined;
  }

  private flush(): void {
    this.write(synchronized.begin + this.pending.splice(0).join("") + synchronized.end);
  }
}
