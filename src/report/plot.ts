/** Curves as lines of text: dots of braille characters, two by four a character. Knows numbers only. */
import { figure, padStart } from "./text.ts";

export interface Curve {
  /** x ascending; a y that is not finite leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly paint: (text: string) => string;
  /** Every other dot only: tells curves apart where there is no colour. */
  readonly isDotted?: boolean;
}

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Values that span more than this factor are drawn on a logarithmic axis. */
const widestLinear = 6;
/** Bits of a braille character, by column and row of its dots. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const blank = 0x2800;

/** `height` lines of at most `width` columns: an axis with the values at its ends, and the curves. */
export function drawPlot(
  curves: readonly Curve[],
  { width, height }: PlotSize,
  dim: (text: string) => string,
): string[] {
  const points = curves.flatMap((curve) => curve.points).filter(([, y]) => Number.isFinite(y));
  const [x0, x1] = extent(points.map(([x]) => x));
  const [low, high] = extent(points.map(([, y]) => y));
  const isLog = low > 0 && high / low > widestLinear;
  const scale = isLog ? Math.log : (y: number) => y;
  const unscale = isLog ? Math.exp : (y: number) => y;
  const [y0, y1] = [scale(low), scale(high)];
  const ticks = [high, unscale((y0 + y1) / 2), low].map((value) => (points.length > 0 ? figure(value) : ""));
  const room = Math.max(...ticks.map((tick) => tick.length));
  const canvas = new Canvas(Math.max(1, width - room - 2), height);
  const across = (x: number) => (x1 > x0 ? (x - x0) / (x1 - x0) : 0) * (canvas.dotsAcross - 1);
  const down = (y: number) => (y1 > y0 ? (y1 - scale(y)) / (y1 - y0) : 0.5) * (canvas.dotsDown - 1);
  curves.forEach(({ points, isDotted }, curve) => {
    let before: readonly [number, number] | null = null;
    for (const [x, y] of points) {
      const at = Number.isFinite(y) ? ([across(x), down(y)] as const) : null;
      if (at) canvas.line(before ?? at, at, curve, isDotted === true);
      before = at;
    }
  });
  const middle = Math.floor((height - 1) / 2);
  const tickAt = new Map([[0, ticks[0]!], ...(height > 4 ? ([[middle, ticks[1]!]] as const) : [])]);
  if (height > 1) tickAt.set(height - 1, ticks[2]!);
  return Array.from({ length: height }, (_, row) => {
    const tick = tickAt.get(row);
    const axis = dim(`${padStart(tick ?? "", room)} ${tick === undefined ? "│" : "┤"}`);
    return axis + canvas.text(row, (curve) => curves[curve]!.paint);
  });
}

class Canvas {
  readonly dotsAcross: number;
  readonly dotsDown: number;
  private readonly dots: Uint8Array;
  /** Whose dots a character shows: the curve drawn last. */
  private readonly owner: Int8Array;

  constructor(
    private readonly columns: number,
    rows: number,
  ) {
    this.dotsAcross = 2 * columns;
    this.dotsDown = 4 * rows;
    this.dots = new Uint8Array(columns * rows);
    this.owner = new Int8Array(columns * rows).fill(-1);
  }

  line(
    [x0, y0]: readonly [number, number],
    [x1, y1]: readonly [number, number],
    curve: number,
    dotted: boolean,
  ) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let i = 0; i <= steps; i++) {
      const x = Math.round(x0 + ((x1 - x0) * i) / steps);
      const y = Math.round(y0 + ((y1 - y0) * i) / steps);
      if (dotted && (x + y) % 2 !== 0) continue;
      const cell = (y >> 2) * this.columns + (x >> 1);
      this.dots[cell]! |= dotBits[(x & 1) as 0 | 1][(y & 3) as 0 | 1 | 2 | 3];
      this.owner[cell] = curve;
    }
  }

  /** A row of characters, painted run by run of the same curve. */
  text(row: number, paintOf: (curve: number) => (text: string) => string): string {
    const first = row * this.columns;
    let end = first + this.columns;
    while (end > first && this.dots[end - 1] === 0) end--;
    let line = "";
    for (let at = first; at < end; ) {
      const curve = this.owner[at]!;
      let run = "";
      for (; at < end && this.owner[at] === curve; at++)
        run += curve < 0 ? " " : String.fromCharCode(blank + this.dots[at]!);
      line += curve < 0 ? run : paintOf(curve)(run);
    }
    return line;
  }
}

function extent(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
