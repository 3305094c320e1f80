/**
 * Builds what several processes need, `build/nnt-mpi-IMPLEMENTATION.node`, with the machine's MPI compiler: $MPICC, or
 * every one of mpicc, mpicc.openmpi and mpicc.mpich that is there. On demand, never at install.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mpiSourceHash } from "./source.js";

const folder = dirname(fileURLToPath(import.meta.url));
const source = join(folder, "mpi");
const units = ["mpi.c", "messages.c"].map((name) => join(source, name));
const output = join(folder, "..", "build");
const execute = promisify(execFile);
const require = createRequire(import.meta.url);

const flags = ["-O2", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-pthread"];

async function build() {
  const { MPICC } = process.env;
  const compilers = MPICC ? [MPICC] : ["mpicc", "mpicc.openmpi", "mpicc.mpich"];
  const built = new Map();
  for (const compiler of compilers) {
    const addon = await compile(compiler);
    if (addon) built.set(...addon);
  }
  if (built.size === 0) {
    throw new Error(
      MPICC
        ? `there is no ${MPICC}`
        : "there is no mpicc here; Open MPI or MPICH bring one, or MPICC names it",
    );
  }
  for (const [name, library] of built) console.error(`nnt: built build/${name} with ${library}`);
}

/** The addon's file and the library it was built with; null where there is no such compiler. */
async function compile(compiler) {
  const work = join(output, `mpi-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const kind = process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared"];
    const linked = join(work, `${compiler.replaceAll("/", "-")}.node`);
    await execute(compiler, [...flags, `-DNNT_SOURCE="${mpiSourceHash()}"`, ...kind, ...units, "-o", linked]);
    const addon = require(linked);
    const name = `nnt-mpi-${addon.implementation()}.node`;
    const library = addon.library();
    renameSync(linked, join(output, name));
    return [name, library];
  } catch (error) {
    if (error.code === "ENOENT") return null;
    const lines = String(error.stderr || error.message).trim();
    throw new Error(`${compiler}: ${lines.split("\n").find((line) => line.includes("error")) ?? lines}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  await build();
} catch (error) {
  console.error(`nnt: nothing for several processes was built: ${error.message}`);
  process.exitCode = 1;
}
