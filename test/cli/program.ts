/** The real program in a process of its own, as a shell would start it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";

export const bin = join(import.meta.dirname, "../../bin/nnt.js");

/** Every command by name, with what its own file says of it. */
export function loadCommands(): Promise<[string, Command & { readonly summary: string }][]> {
  const rows = Object.entries(commands).map(
    async ([name, { summary, load }]): Promise<[string, Command & { readonly summary: string }]> => [
      name,
      { ...(await load()).command, summary },
    ],
  );
  return Promise.all(rows);
}

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `nnt ARGV` in a folder. */
export function nnt(
  argv: readonly string[],
  { cwd, stdin = "" }: { cwd: string; stdin?: string },
): Promise<Result> {
  return collect(process.execPath, [bin, ...argv], cwd, stdin);
}

/** Runs a shell's command line in a folder; `nnt` in it is the program. The code is that of `nnt`. */
export function shell(line: string, cwd: string): Promise<Result> {
  const script = `nnt() { '${process.execPath}' '${bin}' "$@"; }; ${line}`;
  return collect("bash", ["-c", script], cwd, "");
}

function collect(command: string, argv: readonly string[], cwd: string, stdin: string): Promise<Result> {
  const env = { ...process.env };
  for (const name of ["NO_COLOR", "FORCE_COLOR", "CI"]) delete env[name];
  const child = spawn(command, argv, { cwd, env, stdio: "pipe" });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk) => out.push(chunk));
  child.stderr.on("data", (chunk) => err.push(chunk));
  child.stdin.on("error", () => {}); // it may end without reading all
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
}

/** A folder that goes again after the file's tests. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "nnt-cli-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes files into a folder by name. */
export function put(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
}
