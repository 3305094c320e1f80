/** Warnings of commands that have no progress to show them in. */
import { notice } from "../report/notice.ts";
import type { Listener } from "../train/events.ts";
import { annotate } from "./github.ts";
import type { Output } from "./output.ts";

/** Collects the warnings of a run to tell them at its end. */
export function warnings(err: Output): { listen: Listener; told(): Promise<void> } {
  const messages: string[] = [];
  return {
    listen(event) {
      if (event.event === "warning") messages.push(event.message);
    },
    told: () => warn(err, messages),
  };
}

export async function warn(err: Output, messages: readonly string[]): Promise<void> {
  const style = await err.style();
  for (const message of messages) await err.line(notice("warning", message, style));
  await annotate(
    err,
    "warning",
    messages.map((message) => ({ message })),
  );
}
