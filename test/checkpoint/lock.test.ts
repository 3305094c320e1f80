import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dropClaims, holdersOf, lockDirectory } from "../../src/checkpoint/lock.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { formatIdentity, liveness, parseIdentity, thisProcess } from "../../src/support/processes.ts";
import { refusal, scratch } from "./support.ts";

describe("a directory has one writer:", () => {
  it("the same process is refused too, until it has released", () => {
    const directory = scratch();
    const lock = lockDirectory(directory);
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("in use by this process");
    lock.release();
    lock.release();
    lockDirectory(directory).release();
  });

  it("a pid that the system uses again does not count", () => {
    const directory = scratch();
    const former = formatIdentity({ ...thisProcess(), started: "1" });
    writeFileSync(join(directory, `.nnt-lock-${former}`), "held");
    lockDirectory(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("a lock of another host is respected, with the way out", () => {
    const directory = scratch();
    const name = `.nnt-lock-${formatIdentity({ ...thisProcess(), host: "elsewhere" })}`;
    writeFileSync(join(directory, name), "held");
    const message = refusal(exitCodes.io, () => lockDirectory(directory));
    expect(message).toContain("on host elsewhere");
    expect(readdirSync(directory)).toEqual([name]);
  });

  it("who knows that a host's processes are gone may drop their claims, and no others", () => {
    const directory = scratch();
    const claim = (host: string) => formatIdentity({ ...thisProcess(), host });
    for (const host of ["gone", "elsewhere"])
      writeFileSync(join(directory, `.nnt-lock-${claim(host)}`), "held");
    dropClaims(directory, "gone");
    expect(holdersOf(directory).map(({ host }) => host)).toEqual(["elsewhere"]);
  });

  it("of claims not held yet the first by name wins, and the others withdraw", () => {
    const directory = scratch();
    const first = `.nnt-lock-${formatIdentity({ ...thisProcess(), pid: 0, host: "elsewhere" })}`;
    writeFileSync(join(directory, first), "");
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("in use by process 0 on host");
    expect(readdirSync(directory)).toEqual([first]);
  });

  it("a directory that cannot be written cannot be locked", () => {
    expect(refusal(exitCodes.io, () => lockDirectory("/nowhere"))).toBe(
      "/nowhere: cannot lock the directory: no such file or directory",
    );
  });

  it("a claim that comes after is waited for, until it has had its time", () => {
    const directory = scratch();
    const last = `.nnt-lock-${formatIdentity({ ...thisProcess(), pid: 99_999_999, host: "elsewhere" })}`;
    writeFileSync(join(directory, last), "");
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("in use by process 99999999");
    expect(readdirSync(directory)).toEqual([last]);
  });
});

describe("a process", () => {
  it("is known by pid, start and host, also in a file name", () => {
    for (const host of ["a.b-c", "ä/..", "x".repeat(300)]) {
      const text = formatIdentity({ ...thisProcess(), host });
      expect(text).not.toContain("/");
      expect(parseIdentity(text)).toMatchObject({ pid: process.pid, started: thisProcess().started });
      expect(text.length).toBeLessThan(200);
    }
    expect(parseIdentity(formatIdentity(thisProcess()))).toEqual(thisProcess());
    expect(parseIdentity("anything")).toBeNull();
  });

  it("lives, is dead, or is somebody else's business", () => {
    expect(liveness(thisProcess())).toBe("alive");
    expect(liveness({ ...thisProcess(), started: "1" })).toBe("dead");
    expect(liveness({ ...thisProcess(), started: "x" })).toBe("alive");
    expect(liveness({ ...thisProcess(), pid: 2 ** 30 })).toBe("dead");
    expect(liveness({ ...thisProcess(), host: "elsewhere" })).toBe("unknown");
  });
});
