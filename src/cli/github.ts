/** Tells GitHub Actions, where it runs us: annotations on stderr, a summary in the file it names. */
import { appendFileSync } from "node:fs";
import { annotation, isOnGitHub } from "../report/github.ts";
import { notice } from "../report/notice.ts";
import type { Problem } from "../support/errors.ts";
import type { Output } from "./output.ts";

/** Nothing elsewhere. */
export async function annotate(
  err: Output,
  kind: "error" | "warning",
  problems: readonly Problem[],
): Promise<void> {
  if (!isOnGitHub(err.env)) return;
  for (const problem of problems) await err.line(annotation(kind, problem, err.env));
}

/** Adds to the step's summary; one that cannot be written is told, and no failure. */
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
