/** As much of vitest as the conformance suite takes, for a processor that vitest itself is not there for. */
import { deepStrictEqual, fail } from "node:assert/strict";

type Work = () => void | Promise<void>;

const before: Work[] = [];
const after: Work[] = [];
const tests: { readonly name: string; readonly work: Work }[] = [];

export const beforeAll = (work: Work) => before.push(work);
export const afterAll = (work: Work) => after.push(work);
export const describe = (_name: string, work: Work) => work();
export const test = Object.assign((name: string, work: Work) => tests.push({ name, work }), {
  each: (rows: readonly unknown[]) => (name: string, work: (row: unknown) => void | Promise<void>) => {
    for (const row of rows) test(name.replace("%s", String(row)), () => work(row));
  },
});

export const expect = Object.assign(
  (actual: unknown) => ({ toEqual: (expected: unknown) => deepStrictEqual(actual, expected) }),
  { fail },
);

/** Runs what has been described so far, and says how each test went; resolves to how many failed. */
export async function runAll(say: (line: string) => void): Promise<number> {
  let failed = 0;
  for (const work of before) await work();
  for (const { name, work } of tests) {
    try {
      await work();
      say(`ok      ${name}`);
    } catch (error) {
      failed++;
      say(`failed  ${name}: ${(error as Error).message}`);
    }
  }
  for (const work of after) await work();
  for (const list of [before, after, tests]) list.length = 0;
  return failed;
}
