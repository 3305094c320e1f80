/** Warnings of commands that have no progress to show them in. */
import { notice } from "../report/notice.ts";
import type { Output } from "./output.ts";

export async function warn(err: Output, messages: readonly string[]): Promise<void> {
  const style = await err.style();
  for (const message of messages) await err.line(notice("warning", message, style));
}
