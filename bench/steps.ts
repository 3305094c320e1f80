/** Training steps by kernels that are opened for them. */
import { type Stepper, type StepShape, stepperOn } from "../src/cli/stepSpeed.ts";
import { type KernelsChoice, openKernels } from "../src/engine/choose.ts";

export async function openStepper(
  shape: StepShape,
  choice: KernelsChoice,
): Promise<Stepper & { close(): Promise<void> }> {
  const { backend } = await openKernels(choice);
  return { ...stepperOn(backend, shape), close: () => backend.close() };
}
