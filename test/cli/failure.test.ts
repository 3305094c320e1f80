/** Failures as the person at the terminal sees them. */
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/cli/failure.ts";
import { Output, ReaderGone } from "../../src/cli/output.ts";
import { UserError } from "../../src/support/errors.ts";

const lines = (error: unknown, debug = false) => failureOf(error, debug);

test("a user's mistake: place, what, what was expected, a hint, and its exit code", () => {
  const problem = {
    file: "a.csv",
    line: 42,
    column: 7,
    message: "wrong",
    expected: "right",
    hint: "fix it",
  };
  expect(lines(new UserError(3, problem))).toMatchObject({
    exitCode: 3,
    lines: ["nnt: a.csv:42:7: wrong; expected right", "hint: fix it"],
  });
});

test("all problems are told, in order", () => {
  const { lines: told } = lines(new UserError(2, [{ message: "one" }, { message: "two" }]));
  expect(told).toEqual(["nnt: one", "nnt: two"]);
});

test("a hint that problems in a row share is given once, after them", () => {
  const problems = ["a", "a", "b"].map((hint, index) => ({ message: `${index}`, hint }));
  const { lines: told } = lines(new UserError(3, problems));
  expect(told).toEqual(["nnt: 0", "nnt: 1", "hint: a", "nnt: 2", "hint: b"]);
});

test("what a file holds can't write on the terminal or begin a line of its own", () => {
  const { lines: told } = lines(new UserError(3, { message: 'holds "\u001b[2J\nnnt: all is well"' }));
  expect(told).toEqual(['nnt: holds "\\x1b[2J\\nnnt: all is well"']);
});

test("a failed system call that nobody put in words names path and cause, and exits with 5", () => {
  const error = Object.assign(new Error("ENOSPC: …"), { code: "ENOSPC", syscall: "write", path: "runs/a" });
  const { exitCode, lines: told } = lines(error);
  expect(exitCode).toBe(5);
  expect(told[0]).toBe("nnt: runs/a: cannot write: the disk is full");
});

test("memory that can't be had exits with 5", () => {
  const error = new RangeError("Array buffer allocation failed");
  expect(lines(error)).toMatchObject({
    exitCode: 5,
    lines: ["nnt: out of memory", expect.stringMatching(/^hint: /)],
  });
});

describe("a bug of ours", () => {
  const bug = new TypeError("x is undefined");

  test("is one line, and exits with 1", () => {
    const { exitCode, lines: told } = lines(bug);
    expect(exitCode).toBe(1);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^nnt: internal error: TypeError: x is undefined .*--debug/);
  });

  test("shows its stack with --debug only", () => {
    expect(lines(bug, true).lines.join("\n")).toMatch(/^ +at .*failure\.test\.ts/m);
  });

  test("may be anything that can be thrown", () => expect(lines("oops").exitCode).toBe(1));
});

describe("a stream that fails", () => {
  const failing = (code: string) => {
    const error = Object.assign(new Error(code), { code, syscall: "write" });
    return new Output("stdout", new Writable({ write: (_chunk, _encoding, done) => done(error) }), {});
  };

  test("because its reader went away says so", async () => {
    await expect(failing("EPIPE").write("x")).rejects.toThrow(ReaderGone);
  });

  test("goes on saying so", async () => {
    const output = failing("EPIPE");
    await expect(output.write("x")).rejects.toThrow(ReaderGone);
    await expect(output.write("x")).rejects.toThrow(ReaderGone);
  });

  test("because the disk is full is an I/O error that names it", async () => {
    await expect(failing("ENOSPC").write("x")).rejects.toThrow("stdout: cannot write: the disk is full");
  });
});
