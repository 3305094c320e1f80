/** Warnings that belong to no progress display, and what GitHub Actions is told where it runs nnt. */
import { appendFileSync } from "node:fs";
import type { LoadedSpec } from "../config/load.ts";
import { annotation, isOnGitHub } from "../report/github.ts";
import { notice } from "../report/notice.ts";
import type { Problem } from "../support/errors.ts";
import type { Listener } from "../train/events.ts";
import type { Output } from "./output.ts";

/** Collects the warnings of a run, to print them at its end. */
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

/** What is said of a spec that leaves something out. */
export function notesOn(loaded: LoadedSpec): string[] {
  const isLinear = !loaded.has("model") && loaded.spec.model.layers.length === 1;
  return isLinear
    ? ["the spec has no model, so it is linear: model: { hidden: [64, 64] } makes it a network"]
    : [];
}

/** Notes are told once, when training starts: before that, all that is told is what is wrong. */
export function atStart(notes: readonly string[], listen: Listener): Listener {
  let left = notes;
  return (event) => {
    if (event.event === "start") {
      for (const message of left) listen({ event: "note", message });
      left = [];
    }
    listen(event);
  };
}

/** Notes on stderr, which ask for nothing. */
export async function tell(err: Output, notes: readonly string[]): Promise<void> {
  const style = await err.style();
  for (const note of notes) await err.line(notice("note", note, style));
}

/** Annotations on stderr; nothing outside GitHub Actions. */
export async function annotate(
  err: Output,
  kind: "error" | "warning",
  problems: readonly Problem[],
): Promise<void> {
  if (!isOnGitHub(err.env)) return;
  for (const problem of problems) await err.command(annotation(kind, problem, err.env));
}

/** Appends to the job step's summary. A summary that cannot be written is a warning, not a failure. */
export async function summarize(err: Output, markdown: () => string): Promise<void> {
  const file = err.env.GITHUB_STEP_SUMMARY;
  if (!isOnGitHub(err.env) || !file) return;
  try {
    appendFileSync(file, markdown());
  } catch (error) {
    const told = notice("warning", `no step summary: ${(error as Error).message}`, await err.style());
    await err.line(told);
  }
}
