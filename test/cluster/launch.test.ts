/** How a process knows that it is one of several: by what launchers put into its environment. */
import { expect, test } from "vitest";
import { launchOf } from "../../src/cluster/launch.ts";

test.each([
  ["Open MPI's mpirun", { OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "4" }, "Open MPI"],
  ["MPICH's mpiexec", { PMI_RANK: "2", PMI_SIZE: "4" }, "MPICH"],
  ["srun --mpi=pmix", { PMIX_RANK: "2", SLURM_PROCID: "2", SLURM_STEP_NUM_TASKS: "4" }, "PMIx"],
  [
    "srun --mpi=pmi2",
    { PMI_RANK: "2", PMI_SIZE: "4", SLURM_PROCID: "2", SLURM_STEP_NUM_TASKS: "4" },
    "MPICH",
  ],
  ["srun without MPI", { SLURM_PROCID: "2", SLURM_STEP_NUM_TASKS: "4" }, "Slurm"],
])("%s starts one of four", (_, env, launcher) => {
  expect(launchOf(env)).toEqual({ launcher, rank: 2, size: 4 });
});

test.each([
  ["nothing", {}],
  ["mpirun -n 1", { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "1" }],
  ["a batch script of a job of four tasks", { SLURM_PROCID: "0", SLURM_NTASKS: "4" }],
  ["srun --pty bash", { SLURM_PROCID: "0", SLURM_STEP_NUM_TASKS: "1" }],
])("after %s a process works by itself", (_, env) => {
  expect(launchOf(env)).toBeNull();
});
