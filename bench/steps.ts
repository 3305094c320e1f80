/** Training steps by kernels that are opened for them. */
import { type Stepper, type StepShape, stepperOn } from "../src/cli/stepSpeed.ts";
import { type KernelsChoice, openKernels } from "../src/engine/choose.ts";

/** TabM's 32 networks, at the width of a small one of its authors'. */
export const ensembleShape = {
  widths: [16, 256, 256, 10],
  optimizer: "adam",
  batchSize: 256,
  members: 32,
} as const satisfies StepShape;

export async function openStepper(
  shape: StepShape,
  choice: KernelsChoice,
): Promise<Stepper & { close(): Promise<void> }> {
  const { backend } = await openKernels(choice);
  return { ...stepperOn(backend, shape), close: () => backend.close() };
}
