/** Whether training was still bringing the loss down when it ended. */
import type { Figures } from "./events.ts";

/** The loss must fall by this share of itself to be told as falling. */
const notable = 0.02;

/** Whether the last tenth of the epochs brought the validation loss down notably. */
export function isStillFalling(epochs: readonly { readonly validation?: Figures }[]): boolean {
  const back = Math.max(1, Math.round(epochs.length / 10));
  const [before, now] = [epochs.at(-1 - back)?.validation?.loss, epochs.at(-1)?.validation?.loss];
  return before !== undefined && now !== undefined && now < before * (1 - notable);
}
