/** What starts several processes here, and which processes it has started. */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A launcher and the compiler that belongs to it; where there are several MPIs, Debian names them so. */
const pairs = [
  { launcher: "mpirun.openmpi", compiler: "mpicc.openmpi" },
  { launcher: "mpirun.mpich", compiler: "mpicc.mpich" },
];
const plain = { launcher: "mpirun", compiler: "mpicc" };

const isHere = (command: string) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;

/** Those that are here with their compilers. */
export function findLaunchers(): readonly { launcher: string; compiler: string }[] {
  const areHere = ({ launcher, compiler }: typeof plain) => isHere(launcher) && isHere(compiler);
  const named = pairs.filter(areHere);
  return named.length > 0 ? named : [plain].filter(areHere);
}

/** Builds what nnt needs for a launcher's processes. */
export function buildFor(compiler: string): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "../kernels/build-mpi.js")], {
    env: { ...process.env, MPICC: compiler },
    stdio: "ignore",
  });
}

/** Lets Open MPI start more processes than there are cores, and for root. */
export const launching = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
};

/** The pids of the nnts that a launcher has started, at any depth, the oldest first. */
export function startedBy(launcher: number): number[] {
  const processes = readdirSync("/proc").flatMap((entry) => {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const line = readFileSync(`/proc/${entry}/cmdline`, "utf8");
      return [{ pid: Number(entry), parent: Number(parent), line }];
    } catch {
      return []; // no process, or none any more
    }
  });
  const below = (parent: number): typeof processes =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  const found = below(launcher).filter(({ line }) => line.startsWith(process.execPath));
  return found.map(({ pid }) => pid).sort((a, b) => a - b);
}
