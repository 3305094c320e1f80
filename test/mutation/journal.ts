/**
 * What a group's pass has found so far, line by line in a file: a mutant that hangs or crashes ends its process, not the
 * pass. Findings are of the sources as they were, those of a test file of its text: what has changed is tried again.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GroupName, groups } from "./groups.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "build/mutation");

export type Finding =
  | { readonly killed: string; readonly by: string }
  /** These mutants have been tried on a test, by its file's text and its name. */
  | { readonly tried: readonly string[]; readonly test: string }
  /** All tests of the file have run; mutants of its loading cannot be switched on after it. */
  | { readonly done: string; readonly loading: readonly string[] };

interface Findings {
  /** With the test that noticed it. */
  readonly killed: ReadonlyMap<string, string>;
  readonly tests: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
  readonly reached: ReadonlySet<string>;
  readonly loading: ReadonlySet<string>;
}

/** The journal of a group; one of other sources begins anew. */
export function openJournal(group: GroupName) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${group}-${digest(...groups[group].sources.map(read))}.jsonl`);
  const current = join(folder, `${group}-now.json`);
  return {
    clear: () => rmSync(path, { force: true }),
    /** A pass that was broken off has ended its mutants itself. */
    forgetNow: () => rmSync(current, { force: true }),
    note: (finding: Finding) => appendFileSync(path, `${JSON.stringify(finding)}\n`),
    findings: () => parse(existsSync(path) ? readFileSync(path, "utf8") : ""),
    /** Which mutant is alive in this moment; null for none. */
    setNow(killed: string | null, by: string): void {
      writeFileSync(current, JSON.stringify({ killed, by }));
    },
    /** A mutant that was alive when its process ended has ended it. */
    noteLost(): void {
      const lost = existsSync(current) ? JSON.parse(readFileSync(current, "utf8")) : { killed: null };
      if (lost.killed !== null) appendFileSync(path, `${JSON.stringify(lost)}\n`);
      rmSync(current, { force: true });
    },
  };
}

/** How many of the mutants are tried: a part of them takes a part of the time. */
const share = Number(process.env.NNT_MUTATION_SHARE ?? 1);

/** Whether a mutant is in the part that is tried, as if by lot, and the same one each time. */
export function isTried(id: string): boolean {
  return Number.parseInt(digest(id), 16) < share * 16 ** digestLength;
}

/** A test file by its path and text, for a part of the mutants. */
export function testKey(file: string): string {
  return `${file} ${digest(read(file))}${share < 1 ? ` ${share}` : ""}`;
}

function parse(text: string): Findings {
  const killed = new Map<string, string>();
  const [tests, done, reached, loading] = [0, 0, 0, 0].map(() => new Set<string>()) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const finding: Finding = JSON.parse(line);
    if ("killed" in finding) killed.set(finding.killed, finding.by);
    else if ("tried" in finding) {
      tests.add(finding.test);
      for (const id of finding.tried) reached.add(id);
    } else {
      done.add(finding.done);
      for (const id of finding.loading) loading.add(id);
    }
  }
  return { killed, tests, done, reached, loading };
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

const digestLength = 12;

function digest(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex").slice(0, digestLength);
}
