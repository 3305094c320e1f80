import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { memorySource, withFile } from "../../src/support/byteSource.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import {
  atomicWrite,
  ioProblem,
  readBytes,
  readText,
  removeIfThere,
  writeAll,
} from "../../src/support/files.ts";
import { formatIdentity, thisProcess } from "../../src/support/processes.ts";

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "nnt-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function ioMessage(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError && error.exitCode === exitCodes.io) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("reading", () => {
  it("gives bytes and text, without a byte order mark", () => {
    const path = join(scratch(), "file");
    writeFileSync(path, "\uFEFFä\r\n");
    expect(readBytes(path).length).toBe(7);
    expect(readText(path)).toBe("ä\r\n");
  });

  it("names path and cause where it fails", () => {
    const directory = scratch();
    const file = join(directory, "file");
    writeFileSync(file, "");
    expect(ioMessage(() => readBytes("/nowhere"))).toBe("/nowhere: cannot read: no such file or directory");
    expect(ioMessage(() => readText(directory))).toContain("it is a directory, not a file");
    expect(ioMessage(() => readBytes(join(file, "below")))).toContain("a part of the path is a file");
    expect(ioMessage(() => readBytes("a\u0000b"))).toContain("NUL");
    expect(ioMessage(() => readBytes("n".repeat(300)))).toContain("name is too long");
    symlinkSync(join(directory, "loop"), join(directory, "loop"));
    expect(ioMessage(() => readBytes(join(directory, "loop")))).toContain("symbolic link");
  });

  it("at a position works alike for files and memory", () => {
    const path = join(scratch(), "file");
    writeFileSync(path, "0123456789");
    const part = (source: { read(target: Uint8Array, position: number): void }) => {
      const target = new Uint8Array(3);
      source.read(target, 4);
      return Buffer.from(target).toString();
    };
    expect(withFile(path, part)).toBe("456");
    expect(part(memorySource("memory", Buffer.from("0123456789")))).toBe("456");
    expect(ioMessage(() => withFile(path, (source) => source.read(new Uint8Array(3), 8)))).toContain(
      "shorter",
    );
  });
});

describe("an error", () => {
  it.each(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EACCES", "EROFS", "EMFILE", "ENOMEM"])(
    "%s gets words",
    (code) => {
      const error = ioProblem(Object.assign(new Error(code), { code }), "file", "write") as UserError;
      expect(error.message).toMatch(/^file: cannot write: [a-z -]+/);
      expect(error.message).not.toContain(code);
    },
  );

  it("of an unknown code keeps it", () => {
    const error = Object.assign(new Error(), { code: "EXYZ", syscall: "read" });
    expect(
      ioMessage(() => {
        throw ioProblem(error, "file", "read");
      }),
    ).toContain("EXYZ");
  });

  it("that no system call made stays as it is", () => {
    for (const error of [
      new Error("bug"),
      new TypeError("bug"),
      "text",
      new UserError(exitCodes.data, { message: "m" }),
    ])
      expect(ioProblem(error, "file", "read")).toBe(error);
  });
});

describe("an atomic write", () => {
  it("replaces a file and keeps its permissions", () => {
    const path = join(scratch(), "file");
    atomicWrite(path, ["old"]);
    chmodSync(path, 0o600);
    atomicWrite(path, ["n", new Uint8Array(), Buffer.from("ew")]);
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("gives several paths the same content, of which each can be replaced alone", () => {
    const [first, second] = [join(scratch(), "a"), join(scratch(), "b")];
    atomicWrite([first, second], ["both"]);
    atomicWrite(second, ["second"]);
    expect([readFileSync(first, "utf8"), readFileSync(second, "utf8")]).toEqual(["both", "second"]);
  });

  it("replaces a link, and leaves alone what it points to", () => {
    const directory = scratch();
    const [target, link] = [join(directory, "target"), join(directory, "link")];
    writeFileSync(target, "kept");
    symlinkSync(target, link);
    atomicWrite(link, ["new"]);
    expect(readFileSync(target, "utf8")).toBe("kept");
    expect(lstatSync(link).isFile()).toBe(true);
  });

  it("writes to a device as it is, also behind a link", () => {
    const link = join(scratch(), "null");
    symlinkSync("/dev/null", link);
    atomicWrite(link, ["gone"]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it("removes what killed processes left, and nothing of the living", () => {
    const directory = scratch();
    const child = spawnSync("true");
    const dead = formatIdentity({ ...thisProcess(), pid: child.pid });
    const elsewhere = `.nnt-tmp-${formatIdentity({ ...thisProcess(), boot: "1" })}-0`;
    const living = `.nnt-tmp-${formatIdentity(thisProcess())}-999999`;
    for (const name of [
      `.nnt-tmp-${dead}-0`,
      `.nnt-tmp-${dead}-17`,
      elsewhere,
      living,
      ".nnt-tmp-mine",
      "file.tmp",
    ])
      writeFileSync(join(directory, name), "");
    atomicWrite(join(directory, "file"), ["new"]);
    expect(readdirSync(directory).sort()).toEqual(
      [".nnt-tmp-mine", elsewhere, living, "file", "file.tmp"].sort(),
    );
  });
});

describe("a write that fails leaves the old file and no temporary:", { timeout: 60_000 }, () => {
  const faults: Record<string, { path: (directory: string) => string | string[]; says: string }> = {
    "the directory is missing": { path: (d) => join(d, "none", "file"), says: "no such file" },
    "a part of the path is a file": { path: (d) => join(d, "old", "file"), says: "not a directory" },
    "the target is a directory": { path: (d) => join(d, "sub"), says: "it is a directory" },
    "the name is too long": { path: (d) => join(d, "n".repeat(300)), says: "too long" },
    "the second target is a directory": {
      path: (d) => [join(d, "old"), join(d, "sub")],
      says: "it is a directory",
    },
    "the second target is a full device": {
      path: (d) => [join(d, "old"), join(d, "full")],
      says: "the disk is full",
    },
    "the only target is one": { path: (d) => join(d, "full"), says: "the disk is full" },
  };

  function prepared(): string {
    const directory = scratch();
    writeFileSync(join(directory, "old"), "old");
    mkdirSync(join(directory, "sub"));
    symlinkSync("/dev/full", join(directory, "full"));
    return directory;
  }

  function expectUntouched(directory: string): void {
    expect(readdirSync(directory).sort()).toEqual(["full", "old", "sub"]);
    expect(readFileSync(join(directory, "old"), "utf8")).toBe("old");
  }

  test.each(Object.entries(faults))("%s", (_, { path, says }) => {
    const directory = prepared();
    expect(ioMessage(() => atomicWrite(path(directory), ["new"]))).toContain(says);
    expectUntouched(directory);
  });

  const writer = fileURLToPath(new URL("atomicWriter.ts", import.meta.url));
  const hasStrace = spawnSync("strace", ["-V"]).status === 0;
  const run = (wrapper: string, path: string) =>
    spawnSync("sh", ["-c", `${wrapper} "$0" --import tsx "$1" "$2"`, process.execPath, writer, path], {
      encoding: "utf8",
    }).stdout.trim();

  it("the file would grow too large", () => {
    const directory = prepared();
    expect(run("ulimit -f 100; exec", join(directory, "old"))).toMatch(/^5 .*size limit/);
    expectUntouched(directory);
  });

  test.skipIf(!hasStrace).each([
    ["fsync:error=EIO", "input/output error"],
    ["fsync:error=ENOSPC", "the disk is full"],
    ["rename:error=EACCES", "permission denied"],
  ])("the system says %s", (fault, says) => {
    const directory = prepared();
    const path = join(directory, "old");
    expect(run(`strace -f -qq -o /dev/null -e inject=${fault}`, path)).toMatch(new RegExp(`^5 .*${says}`));
    expectUntouched(directory);
  });
});

describe("writing all", () => {
  it("takes many and large chunks, and none", () => {
    const path = join(scratch(), "file");
    const chunks = Array.from({ length: 3000 }, (_, index) => Buffer.alloc(index % 7, index % 256));
    const file = openSync(path, "w");
    writeAll(file, [...chunks, Buffer.alloc(3_000_000, 1)]);
    writeAll(file, []);
    closeSync(file);
    expect(readFileSync(path).equals(Buffer.concat([...chunks, Buffer.alloc(3_000_000, 1)]))).toBe(true);
  });
});

test("removing a file that is not there is no problem, one that cannot go is", () => {
  const directory = scratch();
  removeIfThere(join(directory, "none"));
  mkdirSync(join(directory, "sub"));
  expect(ioMessage(() => removeIfThere(join(directory, "sub")))).toContain("cannot remove");
});
