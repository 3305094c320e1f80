/** The loss over two directions as an SVG: colours and contours, and the path of training on it. Knows numbers only. */
import type { Landscape } from "../../run/reportData.ts";
import { type Colour, png } from "../png.ts";
import { figure } from "../text.ts";
import { escapeHtml } from "./html.ts";

const [width, height] = [640, 480];
const frame = { left: 70, top: 34, right: 20, bottom: 52 };
const [inner, tall] = [width - frame.left - frame.right, height - frame.top - frame.bottom];
/** Contours, evenly spaced in what the colours show. */
const levels = 14;
/** Ticks of an axis, at most. */
const mostTicks = 7;

export function landscapeSvg({ name, x, y, loss, path, rows }: Landscape): string {
  const all = loss.flat().filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  // Near the minimum the loss is a square: its root shows the valley and the slopes alike.
  const share = (value: number) =>
    Number.isFinite(value) && high > low ? Math.sqrt((value - low) / (high - low)) : 1;
  const across = (value: number) => frame.left + inner * place(x.values, value);
  const down = (value: number) => frame.top + tall * (1 - place(y.values, value));
  const at = path.map((point) => `${round(across(point.x))},${round(down(point.y))}`);
  const shares = loss.map((row) => row.map(share));
  const contours = Array.from({ length: levels }, (_, i) => (i + 1) / (levels + 1)).map(
    (level) => `<path d="${contour(shares, level)}"/>`,
  );
  const title = `${name}: loss from ${figure(low)} (dark) to ${figure(high)}, mean over ${rows} rows`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${frame.left}" y="20" fill="#16191f">${escapeHtml(title)}</text>
<image x="${frame.left}" y="${frame.top}" width="${inner}" height="${tall}" preserveAspectRatio="none" href="data:image/png;base64,${heat(shares)}"/>
<g fill="none" stroke="#fff" stroke-opacity="0.55" stroke-width="0.8">${contours.join("")}</g>
${axes(x, y, across, down)}
<polyline points="${at.join(" ")}" fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round"/>
<polyline points="${at.join(" ")}" fill="none" stroke="#d2600f" stroke-width="1.8" stroke-linejoin="round"/>
${at.map((point) => `<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="1.6" fill="#d2600f"/>`).join("")}
${mark(at[0]!, "#fff", "start")}
${mark(at.at(-1)!, "#d2600f", `update ${path.at(-1)!.step}`)}
</svg>
`;
}

function mark(point: string, fill: string, text: string): string {
  const [cx, cy] = point.split(",").map(Number) as [number, number];
  const end = cx > width - 120;
  return `<circle cx="${cx}" cy="${cy}" r="5" fill="${fill}" stroke="#16191f" stroke-width="1.2"/><text x="${cx + (end ? -9 : 9)}" y="${cy - 8}" text-anchor="${end ? "end" : "start"}" fill="#16191f" stroke="#fff" stroke-width="3" paint-order="stroke">${text}</text>`;
}

function axes(
  x: Landscape["x"],
  y: Landscape["y"],
  across: (value: number) => number,
  down: (value: number) => number,
): string {
  const [bottom, right] = [frame.top + tall, frame.left + inner];
  const below = ticksOf(x.values).map(
    (value) =>
      `<path d="M${round(across(value))} ${bottom}v4" stroke="#16191f"/><text x="${round(across(value))}" y="${bottom + 17}" text-anchor="middle">${value}</text>`,
  );
  const beside = ticksOf(y.values).map(
    (value) =>
      `<path d="M${frame.left} ${round(down(value))}h-4" stroke="#16191f"/><text x="${frame.left - 8}" y="${round(down(value)) + 4}" text-anchor="end">${value}</text>`,
  );
  const middle = frame.top + tall / 2;
  return `<g fill="#16191f">${below.join("")}${beside.join("")}<text x="${(frame.left + right) / 2}" y="${height - 12}" text-anchor="middle">${escapeHtml(x.label)}</text><text x="16" y="${middle}" transform="rotate(-90 16 ${middle})" text-anchor="middle">${escapeHtml(y.label)}</text></g>`;
}

/** Round numbers: 1, 2 or 5 times a power of ten apart. */
function ticksOf(values: readonly number[]): number[] {
  const [from, to] = [values[0]!, values.at(-1)!];
  const least = (to - from) / mostTicks;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

function heat(shares: readonly (readonly number[])[]): string {
  const rows = shares.length;
  const picture = png({
    height: rows,
    width: shares[0]!.length,
    colourAt: (row, column) => colourOf(shares[rows - 1 - row]![column]!),
  });
  return Buffer.from(picture).toString("base64");
}

const dark: Colour = [16, 42, 92];
const middle: Colour = [58, 128, 190];
const light: Colour = [232, 240, 248];

function colourOf(share: number): Colour {
  const [from, to, part] = share < 0.5 ? [dark, middle, 2 * share] : [middle, light, 2 * share - 1];
  return from.map((value, i) => Math.round(value + (to[i]! - value) * part)) as unknown as Colour;
}

/** Marching squares: the lines on which the shares, between the grid's points, are `level`. */
function contour(shares: readonly (readonly number[])[], level: number): string {
  const [columns, rows] = [shares[0]!.length, shares.length];
  const px = (column: number) => round(frame.left + (inner * column) / (columns - 1));
  const py = (row: number) => round(frame.top + tall * (1 - row / (rows - 1)));
  let lines = "";
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [
        [row, column],
        [row, column + 1],
        [row + 1, column + 1],
        [row + 1, column],
      ] as const;
      const crossings = corners.flatMap(([r, c], i) => {
        const [r2, c2] = corners[(i + 1) % 4]!;
        const [a, b] = [shares[r]![c]!, shares[r2]![c2]!];
        if (a < level === b < level) return [];
        const part = (level - a) / (b - a);
        return [`${px(c + (c2 - c) * part)} ${py(r + (r2 - r) * part)}`];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) lines += `M${crossings[i]}L${crossings[i + 1]}`;
    }
  }
  return lines;
}

function place(values: readonly number[], value: number): number {
  return (value - values[0]!) / (values.at(-1)! - values[0]!);
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
