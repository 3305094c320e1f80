/** Completion: the scripts complete what the table of commands has, in the shells that are installed. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flagOf } from "../../src/cli/command.ts";
import { shells } from "../../src/cli/commands/completion.ts";
import { run } from "./host.ts";
import { folder, loadCommands, put } from "./program.ts";

const rows = await loadCommands();

/** What bash offers for the last word. */
async function complete(...words: string[]): Promise<string[]> {
  const { out } = await run(["completion", "bash"]);
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${out}\nCOMP_WORDS=(nnt ${quoted}); COMP_CWORD=${words.length}; _nnt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe("bash", () => {
  test("completes commands", async () => {
    expect(await complete("")).toEqual(expect.arrayContaining(rows.map(([name]) => name)));
    expect(await complete("ins")).toEqual(["inspect"]);
  });

  test("completes the options of each command", async () => {
    for (const [name, { options }] of rows) {
      const flags = [...Object.keys(options).map(flagOf), "--help"];
      expect(await complete(name, "--")).toEqual(flags);
    }
  });

  test("completes the values of choices, and leaves others to the shell", async () => {
    expect(await complete("train", "spec.yaml", "--kernels", "")).toEqual([
      "auto",
      "cuda",
      "native",
      "wasm",
      "reference",
    ]);
    expect(await complete("export", "best.ckpt", "--to", "on")).toEqual(["onnx"]);
    expect(await complete("predict", "best.ckpt", "-i", "")).toEqual([]);
    expect(await complete("completion", "z")).toEqual(["zsh"]);
  });
});

const scripts = folder();

describe.each(shells)("%s", (shell) => {
  const isInstalled = spawnSync(shell, ["-c", "true"]).status === 0;

  test("has every command, option and choice in its script", async () => {
    const { code, out } = await run(["completion", shell]);
    expect(code).toBe(0);
    for (const [name, { options }] of rows) {
      expect(out).toContain(name);
      for (const [key, { value }] of Object.entries(options)) {
        expect(out).toContain(shell === "fish" ? flagOf(key).slice(2) : flagOf(key));
        if (value?.choices) expect(out).toContain(value.choices.join(" "));
      }
    }
  });

  test.skipIf(!isInstalled)("takes its script (needs the shell)", async () => {
    const { out } = await run(["completion", shell]);
    put(scripts, { [shell]: out }); // fish reads no script from a socket, which a child's stdin is
    expect(spawnSync(shell, ["-n", join(scripts, shell)], { encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});

test("another shell is refused with the nearest", async () => {
  const { code, err } = await run(["completion", "fihs"]);
  expect(code).toBe(2);
  expect(err).toContain("did you mean fish?");
});
