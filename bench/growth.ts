/** How training steps grow over threads, and a picture of it. */
import { type StepShape, stepName, stepShapes } from "../src/cli/stepSpeed.ts";
import { interleave } from "./rounds.ts";
import { openStepper } from "./steps.ts";

interface Growth {
  readonly name: string;
  /** Rows a second, the fewest threads first. */
  readonly rates: readonly { readonly threads: number; readonly rate: number }[];
}

const rounds = 5;

/** Every shape on 1, 2, 4 … threads, taking turns. */
export async function measureGrowth(mostThreads: number): Promise<Growth[]> {
  const counts: number[] = [];
  for (let count = 1; count <= mostThreads; count *= 2) counts.push(count);
  const growth: Growth[] = [];
  for (const shape of stepShapes) {
    const sides = Object.fromEntries(counts.map((threads) => [String(threads), secondsOn(shape, threads)]));
    const seconds = await interleave(sides, rounds);
    const rates = counts.map((threads) => ({ threads, rate: shape.batchSize / seconds[String(threads)]! }));
    growth.push({ name: stepName(shape), rates });
  }
  return growth;
}

/** Opened for its turn alone: idle threads of one side would disturb the others. */
function secondsOn(shape: StepShape, threads: number) {
  return async (count: number) => {
    const stepper = await openStepper(shape, { kernels: "native", threads });
    await stepper.run(count);
    const started = performance.now();
    await stepper.run(count);
    const took = (performance.now() - started) / 1000 / count;
    await stepper.close();
    return took;
  };
}

const size = { width: 680, height: 400, left: 50, right: 260, top: 20, bottom: 45 } as const;
const colours = ["#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94"] as const;

/** Speed beside one thread's over threads, both by powers of two; the dashed line is as many times as there are threads. */
export function drawGrowth(growth: readonly Growth[], cores: number): string {
  const counts = growth[0]!.rates.map(({ threads }) => threads);
  const octaves = Math.max(1, Math.log2(counts.at(-1)!));
  const x = (threads: number) =>
    size.left + ((size.width - size.left - size.right) * Math.log2(threads)) / octaves;
  /** From half as fast on. */
  const y = (times: number) =>
    size.height -
    size.bottom -
    ((size.height - size.top - size.bottom) * (Math.max(-1, Math.log2(times)) + 1)) / (octaves + 1);
  const path = (points: readonly (readonly [number, number])[]) =>
    points
      .map(([threads, times], i) => `${i ? "L" : "M"}${x(threads).toFixed(1)} ${y(times).toFixed(1)}`)
      .join("");
  const labels = apart(growth.map(({ rates }) => y(rates.at(-1)!.rate / rates[0]!.rate)));
  const lines = growth.map(({ name, rates }, i) => {
    const points = rates.map(({ threads, rate }) => [threads, rate / rates[0]!.rate] as const);
    const [threads, times] = points.at(-1)!;
    const colour = colours[i % colours.length];
    return `<path d="${path(points)}" fill="none" stroke="${colour}" stroke-width="2"/>
<text x="${x(threads) + 8}" y="${labels[i]! + 4}" fill="${colour}">${name} ${times.toFixed(2)}×</text>`;
  });
  const ticks = counts.map(
    (threads) =>
      `<text x="${x(threads)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${threads}</text>
<text x="${size.left - 8}" y="${y(threads) + 4}" text-anchor="end">${threads}×</text>`,
  );
  const ideal = path(counts.map((threads) => [threads, Math.min(threads, cores)]));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<title>Rows a second in training, beside one thread's</title>
<rect width="100%" height="100%" fill="white"/>
<path d="${ideal}" fill="none" stroke="#888" stroke-dasharray="4 4"/>
${ticks.join("\n")}
${lines.join("\n")}
<text x="${size.left}" y="${size.height - 8}">threads; ${cores} cores</text>
</svg>
`;
}

/** Heights at which lines of text do not overlap, near those given. */
function apart(heights: readonly number[]): number[] {
  const lineHeight = 14;
  const moved = [...heights];
  let least = Number.NEGATIVE_INFINITY;
  for (const i of [...heights.keys()].sort((a, b) => heights[a]! - heights[b]!)) {
    moved[i] = Math.max(heights[i]!, least);
    least = moved[i]! + lineHeight;
  }
  return moved;
}
