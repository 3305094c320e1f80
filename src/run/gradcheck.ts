/**
 * Gradient check: compares gradients with central differences of the loss in 64 bit, on the user's own network and
 * data, for one batch in training mode.
 */
import type { Matrix } from "../engine/matrix.ts";
import { openReference } from "../engine/reference/backend.ts";
import { randomBits, streamKey } from "../support/random.ts";
import type { Listener } from "../train/events.ts";
import { probeLoss } from "../train/probe.ts";
import { type Assembly, type AssemblyOptions, assemble } from "./assembly.ts";

export interface GradcheckOptions extends Pick<AssemblyOptions, "spec" | "version"> {
  /** Elements to check of each parameter. */
  readonly samples: number;
}

interface ParameterCheck {
  readonly name: string;
  readonly shape: readonly number[];
  readonly checked: number;
  /** The largest |∂L/∂w| of the parameter. */
  readonly gradient: number;
  /** The largest |∂L/∂w − slope|, relative to the largest gradient of the network. */
  readonly error: number;
  readonly passed: boolean;
}

export interface GradcheckResult {
  readonly rows: number;
  readonly loss: number;
  readonly parameters: readonly ParameterCheck[];
  readonly passed: boolean;
}

/**
 * Step sizes, relative to the weight. The first is close to the optimum in 64 bit (∛ε); if a kink, such as relu's, lies
 * within it, a smaller one avoids it.
 */
const widths = [1e-5, 1e-6, 1e-7, 1e-8];

/** Rounding makes differences of width 1e-7 wrong by about 1e-9; a wrong formula is off by 1e-2 or more. */
const tolerance = 1e-6;

/** @throws UserError: usage, data, io, model */
export async function gradcheck(options: GradcheckOptions, listen: Listener): Promise<GradcheckResult> {
  const work = await assemble(
    { ...options, kernels: "reference", threads: 1, backend: openReference(64) },
    listen,
  );
  try {
    const { k, model, trainer } = work;
    const loss = await probeLoss(trainer, true);
    const gradients = await Promise.all(
      trainer.gradients().map(async (gradient) => Float64Array.from(await k.read(gradient))),
    );
    const largest = Math.max(Number.MIN_VALUE, ...gradients.map(extent));
    const parameters: ParameterCheck[] = [];
    for (const [p, { name, shape, value }] of model.parameters.entries()) {
      const indices = sample(value.size, options.samples, p);
      let [error, passed] = [0, true];
      for (const i of indices) {
        const found = await compare(work, value.view(1, 1, i), gradients[p]![i]!, { loss, largest });
        error = Math.max(error, found.error);
        passed &&= found.passed;
      }
      const gradient = extent(gradients[p]!);
      parameters.push({ name, shape, checked: indices.length, gradient, error, passed });
    }
    const passed = parameters.every((parameter) => parameter.passed);
    return { rows: trainer.batchRows, loss, parameters, passed };
  } finally {
    await work.close();
  }
}

/** |gradient − slope| / largest, for the first step size that passes, or else the best one. */
async function compare(
  { k, trainer }: Assembly,
  parameter: Matrix,
  gradient: number,
  { loss, largest }: { loss: number; largest: number },
): Promise<{ error: number; passed: boolean }> {
  const kept = (await k.read(parameter))[0]!;
  const set = (value: number) => k.write(parameter, (values) => values.fill(value));
  let least = Number.POSITIVE_INFINITY;
  for (const width of widths) {
    const h = width * Math.max(1, Math.abs(kept));
    set(kept + h);
    const above = await probeLoss(trainer, false);
    set(kept - h);
    const below = await probeLoss(trainer, false);
    set(kept);
    const error = Math.abs(gradient - (above - below) / (2 * h)) / largest;
    const rounding = (8 * Number.EPSILON * Math.abs(loss)) / (h * largest);
    if (error <= tolerance + rounding) return { error, passed: true };
    least = Math.min(least, error);
  }
  return { error: least, passed: false };
}

/** All elements of a small parameter, else `count` of them, chosen at random. */
function sample(size: number, count: number, stream: number): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  const key = streamKey(0, "gradcheck", stream);
  const chosen = new Set<number>();
  for (let draw = 0; chosen.size < count; draw++) chosen.add(randomBits(key, draw) % size);
  return [...chosen];
}

function extent(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
