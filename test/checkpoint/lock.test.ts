import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdersOf, lockDirectory } from "../../src/checkpoint/lock.ts";
import { patience } from "../../src/support/claim.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { formatIdentity, liveness, parseIdentity, thisProcess } from "../../src/support/processes.ts";
import { hasLocks, takeLock } from "../../src/support/systemLock.ts";
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

  const strangers = {
    "another machine of another name": { boot: "0123456789abcdef", host: "elsewhere" },
    "another machine of the same name": { boot: "0123456789abcdef" },
    "another container of this machine": { namespace: "4242" },
  };

  it.each(Object.entries(strangers))(
    "of %s is respected while it is heard of, with the way out",
    (_, other) => {
      const directory = scratch();
      const name = `.nnt-lock-${formatIdentity({ ...thisProcess(), ...other })}`;
      writeFileSync(join(directory, name), "held");
      const message = refusal(exitCodes.io, () => lockDirectory(directory));
      expect(message).toMatch(/in use by process \d+ (on host \w+|in another container)/);
      expect(readdirSync(directory)).toEqual([name]);
      expect(holdersOf(directory)).toHaveLength(1);
    },
  );

  it.each(Object.entries(strangers))("of %s that is silent is taken over", (_, other) => {
    const directory = scratch();
    const path = join(directory, `.nnt-lock-${formatIdentity({ ...thisProcess(), ...other })}`);
    writeFileSync(path, "held");
    const before = Date.now() / 1000 - patience.secondsOfSilence - 5;
    utimesSync(path, before, before);
    const lock = lockDirectory(directory);
    expect(existsSync(path)).toBe(false);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("a machine that got another name still knows its own dead", () => {
    const directory = scratch();
    const former = { ...thisProcess(), host: "former-name", started: "1" };
    writeFileSync(join(directory, `.nnt-lock-${formatIdentity(former)}`), "held");
    lockDirectory(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(!hasLocks())("another container's claim that is not locked any more is nobody's", () => {
    const directory = scratch();
    const other = { ...thisProcess(), namespace: "4242" };
    writeFileSync(join(directory, `.nnt-lock-${formatIdentity(other)}`), '{"locked":true}\n');
    lockDirectory(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(!hasLocks())("another container's claim that is locked is held, however silent", () => {
    const directory = scratch();
    const path = join(directory, `.nnt-lock-${formatIdentity({ ...thisProcess(), namespace: "4242" })}`);
    writeFileSync(path, '{"locked":true}\n');
    utimesSync(path, 1, 1);
    const file = openSync(path, "r+");
    expect(takeLock(file, "exclusive")).toBe(true);
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("in another container");
    closeSync(file);
    lockDirectory(directory).release();
  });

  it("whose claim was taken away writes no more, and takes nothing away from its heir", () => {
    const directory = scratch();
    const lock = lockDirectory(directory);
    lock.check();
    const [name] = readdirSync(directory);
    unlinkSync(join(directory, name!));
    writeFileSync(join(directory, name!), "the heir's");
    expect(refusal(exitCodes.io, () => lock.check())).toContain("another process has taken the directory");
    lock.release();
    expect(readFileSync(join(directory, name!), "utf8")).toBe("the heir's");
  });

  it("a claim that is a link is not followed", () => {
    const directory = scratch();
    symlinkSync("/dev/zero", join(directory, `.nnt-lock-${formatIdentity({ ...thisProcess(), boot: "1" })}`));
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("symbolic link");
  });

  it("of claims not held yet the first by name wins, and the others withdraw", () => {
    const directory = scratch();
    const first = `.nnt-lock-${formatIdentity({ ...thisProcess(), pid: 0, boot: "1" })}`;
    writeFileSync(join(directory, first), "");
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toContain("in use by process 0 ");
    expect(readdirSync(directory)).toEqual([first]);
  });

  it("a directory that cannot be written cannot be locked", () => {
    expect(refusal(exitCodes.io, () => lockDirectory("/nowhere"))).toBe(
      "/nowhere: cannot lock the directory: no such file or directory",
    );
  });

  it("a claim that comes after is waited for, until it has had its time", () => {
    const directory = scratch();
    const last = `.nnt-lock-${formatIdentity({ ...thisProcess(), pid: 99_999_999, boot: "1" })}`;
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
    expect(liveness({ ...thisProcess(), boot: "1" })).toBe("unknown");
    expect(liveness({ ...thisProcess(), namespace: "1" })).toBe("unknown");
  });
});
