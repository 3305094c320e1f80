/*
 * The kernels as a WebAssembly module. The host imports one memory into it and into each worker, and says
 * where a team lies in it; nothing is allocated here, and no function of the C library is used.
 */
#include "team_state.h"

#define EXPORT(name) __attribute__((export_name(name)))

extern const Isa nnt_wasm;

void os_wait(int32_t *at, int32_t value, int64_t nanoseconds)
{
	__builtin_wasm_memory_atomic_wait32(at, value, nanoseconds);
}
void os_wake(int32_t *at) { __builtin_wasm_memory_atomic_notify(at, 0x7fffffff); }

__attribute__((import_module("env"), import_name("now"))) double host_now(void);
double os_now(void) { return host_now(); }

/** Compilers call these two for copies of structures. */
void *memcpy(void *to, const void *from, unsigned long count)
{
	char *t = to;
	const char *f = from;
	for (unsigned long i = 0; i < count; i++)
		t[i] = f[i];
	return to;
}
void *memset(void *to, int value, unsigned long count)
{
	char *t = to;
	for (unsigned long i = 0; i < count; i++)
		t[i] = (char)value;
	return to;
}

/** Bytes of zeros that `team_open` wants, at a multiple of 64. */
EXPORT("bytes") unsigned long team_bytes(int threads)
{
	return sizeof(Team) + 64 + sizeof(float) * (SHARED_FLOATS + (unsigned long)SCRATCH_FLOATS * threads);
}

EXPORT("open") void team_open(Team *team, int threads)
{
	float *shared = (float *)(((uintptr_t)(team + 1) + 63) / 64 * 64);
	team->isa = &nnt_wasm;
	team->size = threads;
	for (int id = 0; id < threads; id++)
		team->workers[id] = (Worker){
			id, 1, 0, team, shared + SHARED_FLOATS + (unsigned long)id * SCRATCH_FLOATS, shared
		};
}

EXPORT("run") void wasm_run(Team *team, const double *list, long words) { team_run(team, list, words); }
EXPORT("work") void wasm_work(Team *team, int id) { team_work(team, id); }
EXPORT("close") void wasm_close(Team *team) { team_close(team); }
EXPORT("fused") int wasm_fused(void) { return nnt_wasm.fused; }

static volatile float kept;
/** Runs multiply-adds and returns how many floating-point operations they were. */
EXPORT("peak") double wasm_peak(double rounds)
{
	kept = nnt_wasm.peak((long)rounds);
	return rounds * nnt_wasm.peak_operations;
}
