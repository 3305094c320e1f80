/** Whether this process is one of several that a launcher has started to work together, as its environment tells. */

type Environment = Readonly<Record<string, string | undefined>>;

export type LauncherName = "Open MPI" | "MPICH" | "PMIx" | "Slurm";

export interface Launch {
  readonly launcher: LauncherName;
  readonly rank: number;
  readonly size: number;
}

/** Variables by which launchers number processes, the surest first: MPICH's are also those of Intel and of Slurm's PMI-2. */
const launchers: readonly { launcher: LauncherName; rank: string; size: string }[] = [
  { launcher: "Open MPI", rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE" },
  { launcher: "MPICH", rank: "PMI_RANK", size: "PMI_SIZE" },
  { launcher: "PMIx", rank: "PMIX_RANK", size: "SLURM_STEP_NUM_TASKS" },
  { launcher: "Slurm", rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS" },
];

/** null: this process works by itself. */
export function launchOf(env: Environment): Launch | null {
  for (const { launcher, rank, size } of launchers) {
    const launch = { launcher, rank: Number(env[rank] ?? Number.NaN), size: Number(env[size] ?? Number.NaN) };
    if (Number.isInteger(launch.rank) && launch.size > 1) return launch;
  }
  return null;
}
