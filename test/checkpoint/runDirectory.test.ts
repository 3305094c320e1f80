import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { writeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import {
  keptName,
  keptSteps,
  openRun,
  type RunOptions,
  runFiles,
} from "../../src/checkpoint/runDirectory.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { refusal, scratch, smallModel } from "./support.ts";

const options = (root: string, more: Partial<RunOptions> = {}): RunOptions => {
  return { out: null, name: "small", mode: "fresh", root: join(root, "runs"), ...more };
};

/** A run of some epochs that stopped: its best model is the one before the last. */
function trainedRun(directory: string, epochs: number): void {
  const run = openRun({ out: directory, name: "small", mode: "fresh" });
  run.write("spec", "name: small\n");
  run.log.append({ event: "start" });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    run.log.append({ event: "epoch", epoch, step: epoch * 3 });
    run.log.sync();
    const paths = epoch < epochs ? [run.paths.best, run.paths.last] : [run.paths.last];
    writeCheckpoint(paths, smallModel({ training: { epoch, step: epoch * 3 } }));
  }
  run.write("summary", "{}\n");
  run.close();
}

const damage = (path: string) => truncateSync(path, 100);

describe("a run's directory", () => {
  it("is runs/<name>, or the next free number", () => {
    const root = scratch();
    const runs = [1, 2, 3].map(() => openRun(options(root)));
    expect(runs.map(({ directory }) => directory)).toEqual(
      ["small", "small-2", "small-3"].map((name) => join(root, "runs", name)),
    );
    for (const run of runs) run.close();
  });

  test.each([
    ["../../x", "-..-x"],
    ["/etc", "-etc"],
    ["..", "run"],
    ["a\u0000b\nc", "a-b-c"],
    ["größe 2.5", "größe 2.5"],
  ])("of the name %j stays inside of runs", (name, directory) => {
    const root = scratch();
    const run = openRun(options(root, { name }));
    expect(run.directory).toBe(join(root, "runs", directory));
    run.close();
  });

  it("holds nothing but the run's files when the run is closed", () => {
    const directory = join(scratch(), "deep", "run");
    trainedRun(directory, 2);
    expect(readdirSync(directory).sort()).toEqual(
      [runFiles.best, runFiles.last, runFiles.metrics, runFiles.spec, runFiles.summary].sort(),
    );
  });

  it("is in use by one run at a time", () => {
    const out = join(scratch(), "run");
    const run = openRun({ out, name: "a", mode: "fresh" });
    for (const mode of ["fresh", "overwrite", "resume"] as const)
      expect(refusal(exitCodes.io, () => openRun({ out, name: "a", mode }))).toContain("in use");
    run.close();
    run.close();
    openRun({ out, name: "a", mode: "fresh" }).close();
  });

  it("gets its number past whatever has the name already", () => {
    const root = scratch();
    mkdirSync(join(root, "runs"));
    writeFileSync(join(root, "runs", "small"), "a file");
    mkdirSync(join(root, "runs", "small-2"));
    const run = openRun(options(root));
    expect(run.directory).toBe(join(root, "runs", "small-3"));
    run.close();
  });

  it("has a name of a hundred characters at most", () => {
    const root = scratch();
    const run = openRun(options(root, { name: "x".repeat(300) }));
    expect(run.directory).toBe(join(root, "runs", "x".repeat(100)));
    run.close();
  });

  it("takes texts for the files that are not appended to, each replaced as a whole", () => {
    const run = openRun({ out: join(scratch(), "run"), name: "a", mode: "fresh" });
    for (const text of ["first", "second"])
      for (const file of ["spec", "summary", "report", "folds"] as const) run.write(file, text);
    run.close();
    for (const name of ["spec.yaml", "summary.json", "report.html", "out_of_fold.csv"])
      expect(readFileSync(join(run.directory, name), "utf8")).toBe("second");
  });

  it("stays when it was there and cannot be made ready, and is free again", () => {
    const out = scratch();
    symlinkSync("elsewhere", join(out, "metrics.jsonl"));
    const open = () => refusal(exitCodes.io, () => openRun({ out, name: "a", mode: "resume" }));
    expect(open()).toContain("symbolic link");
    expect(open()).toContain("symbolic link");
    expect(readdirSync(out)).toEqual(["metrics.jsonl"]);
  });

  it("cannot be a file or below one", () => {
    const path = join(scratch(), "file");
    writeFileSync(path, "");
    const open = (out: string) => refusal(exitCodes.io, () => openRun({ out, name: "a", mode: "overwrite" }));
    expect(open(path)).toContain("it is a file");
    expect(open(join(path, "run"))).toMatch(/a file of that name is there|a part of the path is a file/);
  });
});

describe("a directory that holds a run", () => {
  it("is refused, with the two ways out", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 2);
    const before = readdirSync(out);
    expect(refusal(exitCodes.io, () => openRun({ out, name: "a", mode: "fresh" }))).toContain("holds a run");
    expect(readdirSync(out)).toEqual(before);
  });

  it("is emptied to be overwritten, of nnt's own files only", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 2);
    writeFileSync(join(out, "notes.txt"), "mine");
    const run = openRun({ out, name: "a", mode: "overwrite" });
    expect(run.resumed).toBeNull();
    run.close();
    expect(readdirSync(out).sort()).toEqual(["metrics.jsonl", "notes.txt"]);
  });

  it("that was over before it began may be used by the next", () => {
    const out = join(scratch(), "run");
    const run = openRun({ out, name: "a", mode: "fresh" });
    run.write("spec", "name: a\n");
    run.close();
    openRun({ out, name: "a", mode: "fresh" }).close();
    for (const file of ["best", "last"] as const) {
      writeFileSync(run.paths[file], "");
      expect(refusal(exitCodes.io, () => openRun({ out, name: "a", mode: "fresh" }))).toBe(
        `${out}: the directory already holds a run; expected a new or empty one`,
      );
      rmSync(run.paths[file]);
    }
    openRun({ out, name: "a", mode: "fresh" }).close();
  });

  test.each(["fresh", "overwrite", "resume"] as const)("that is none is not touched: %s", (mode) => {
    const out = scratch();
    writeFileSync(join(out, "spec.yaml"), "name: mine");
    expect(refusal(exitCodes.io, () => openRun({ out, name: "a", mode }))).toContain("no run wrote");
    expect(readFileSync(join(out, "spec.yaml"), "utf8")).toBe("name: mine");
  });
});

describe("models that are kept besides the last and the best", () => {
  /** A run that keeps a model at each of some updates. */
  const keeping = (steps: readonly number[]) => {
    const run = openRun({ out: join(scratch(), "run"), name: "a", mode: "fresh" });
    for (const step of steps)
      writeCheckpoint(run.keptPath(step), smallModel({ training: { epoch: step / 3, step } }));
    return run;
  };
  const kept = (directory: string) => readdirSync(directory).filter((name) => name.startsWith("step-"));

  it("are the newest ones up to where the run is", () => {
    const run = keeping([3, 6, 9, 12]);
    run.removeKept(2, 9);
    expect(kept(run.directory)).toEqual(["step-6.ckpt", "step-9.ckpt"]);
    run.removeKept(2, 6);
    expect(kept(run.directory)).toEqual(["step-6.ckpt"]);
    run.close();
  });

  it("are told from other files by their names", () => {
    const { directory, close } = keeping([]);
    for (const name of [
      "step-3.ckpt.part",
      "xstep-3.ckpt",
      "step-.ckpt",
      "step-x.ckpt",
      `step-${"1".repeat(16)}.ckpt`,
    ])
      writeFileSync(join(directory, name), "mine");
    writeFileSync(join(directory, keptName(12)), "");
    writeFileSync(join(directory, keptName(5)), "");
    expect(keptSteps(directory)).toEqual([12, 5]);
    close();
  });

  it("go when the run is overwritten", () => {
    const run = keeping([3, 6]);
    writeFileSync(run.paths.last, "");
    run.close();
    openRun({ out: run.directory, name: "a", mode: "overwrite" }).close();
    expect(readdirSync(run.directory)).toEqual(["metrics.jsonl"]);
  });

  it("are what a run goes on from without a good last one, where they are newer than the best", () => {
    const run = keeping([3, 6, 9]);
    run.log.append({ event: "start" });
    for (const epoch of [1, 2, 3]) run.log.append({ event: "epoch", epoch, step: 3 * epoch });
    writeCheckpoint(run.paths.best, smallModel({ training: { epoch: 1, step: 3 } }));
    run.close();
    damage(join(run.directory, "step-9.ckpt"));
    const resume = () => {
      const again = openRun({ out: run.directory, name: "a", mode: "resume" });
      again.close();
      return again;
    };
    const { resumed, warnings } = resume();
    expect(resumed).toMatchObject({ file: "step-6", hasBest: true, checkpoint: { training: { step: 6 } } });
    expect(resumed?.events).toHaveLength(3);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("cut off"),
      "resuming from step-6.ckpt, epoch 2, step 6: there is no good last.ckpt",
    ]);
    writeCheckpoint(run.paths.best, smallModel({ training: { epoch: 2, step: 6 } }));
    expect(resume().resumed?.file).toBe("best");
    rmSync(run.paths.best);
    expect(resume().resumed).toMatchObject({ file: "step-6", hasBest: false });
  });
});

describe("resuming", () => {
  const resume = (out: string) => {
    const run = openRun({ out, name: "small", mode: "resume" });
    run.close();
    return run;
  };

  it("goes on from the last checkpoint with the log's lines up to there", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 3);
    const { resumed, warnings } = resume(out);
    expect(resumed).toMatchObject({
      file: "last",
      hasBest: true,
      checkpoint: { training: { epoch: 3, step: 9 } },
    });
    expect(resumed?.events).toHaveLength(4);
    expect(warnings).toEqual([]);
  });

  it("falls back to the best one when the last is damaged, and says so", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 3);
    damage(join(out, "last.ckpt"));
    const { resumed, warnings } = resume(out);
    expect(resumed).toMatchObject({ file: "best", checkpoint: { training: { epoch: 2 } } });
    expect(resumed?.events).toHaveLength(3);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("cut off"),
      "resuming from best.ckpt, epoch 2, step 6: there is no good last.ckpt",
    ]);
  });

  it("says when the best model is lost", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 3);
    damage(join(out, "best.ckpt"));
    const { resumed, warnings } = resume(out);
    expect(resumed).toMatchObject({ file: "last", hasBest: false });
    expect(warnings).toHaveLength(1);
  });

  it("starts from the beginning without a usable checkpoint", () => {
    const root = scratch();
    expect(resume(join(root, "new"))).toMatchObject({ resumed: null, warnings: [] });
    trainedRun(join(root, "damaged"), 2);
    damage(join(root, "damaged", "last.ckpt"));
    damage(join(root, "damaged", "best.ckpt"));
    const { resumed, warnings, paths } = resume(join(root, "damaged"));
    expect(resumed).toBeNull();
    expect(warnings).toHaveLength(3);
    expect(readFileSync(paths.metrics, "utf8")).toBe("");
  });

  it("does not take a checkpoint that cannot be read for one that is not there", () => {
    const out = join(scratch(), "run");
    trainedRun(out, 1);
    mkdirSync(join(out, "best.ckpt"));
    expect(refusal(exitCodes.io, () => openRun({ out, name: "a", mode: "resume" }))).toContain("a directory");
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("finds the newest run of the name without --out", () => {
    const root = scratch();
    for (let count = 0; count < 3; count++) openRun(options(root)).close();
    const run = openRun(options(root, { mode: "resume" }));
    expect(run.directory).toBe(join(root, "runs", "small-3"));
    run.close();
    for (const name of [
      "small-x",
      "small-10",
      "small-011",
      "small-1",
      "small-2-12",
      "smaller-13",
      "xsmall-14",
    ])
      mkdirSync(join(root, "runs", name));
    writeFileSync(join(root, "runs", "small-20"), "a file");
    const tenth = openRun(options(root, { mode: "resume" }));
    expect(tenth.directory).toBe(join(root, "runs", "small-10"));
    tenth.close();
    const other = openRun(options(root, { mode: "resume", name: "other" }));
    expect(existsSync(join(root, "runs", "other"))).toBe(true);
    other.close();
  });
});
