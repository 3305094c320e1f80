/** What a mutation pass has found so far, line by line in a file: a mutant that hangs or crashes ends its process, not the pass. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../build/mutation");
const path = join(folder, "journal.jsonl");
const current = join(folder, "now.json");

export type Finding =
  | { readonly killed: string; readonly by: string }
  /** All mutants that a file's tests reach have been tried on them; those of its loading cannot be switched on after it. */
  | { readonly done: string; readonly reached: readonly string[]; readonly loading: readonly string[] };

export function begin(): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, "");
}

export function note(finding: Finding): void {
  appendFileSync(path, `${JSON.stringify(finding)}\n`);
}

/** Which mutant is alive in this moment; null for none. */
export function setNow(killed: string | null, by: string): void {
  writeFileSync(current, JSON.stringify({ killed, by }));
}

export function now(): { killed: string | null; by: string } {
  return existsSync(current) ? JSON.parse(readFileSync(current, "utf8")) : { killed: null, by: "" };
}

interface Findings {
  /** With the test that noticed it. */
  readonly killed: ReadonlyMap<string, string>;
  readonly done: ReadonlySet<string>;
  readonly reached: ReadonlySet<string>;
  readonly loading: ReadonlySet<string>;
}

export function findings(): Findings {
  const killed = new Map<string, string>();
  const [done, reached, loading] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  for (const line of lines) {
    if (line === "") continue;
    const finding: Finding = JSON.parse(line);
    if ("killed" in finding) killed.set(finding.killed, finding.by);
    else {
      done.add(finding.done);
      for (const id of finding.reached) reached.add(id);
      for (const id of finding.loading) loading.add(id);
    }
  }
  return { killed, done, reached, loading };
}
