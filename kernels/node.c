/*
 * The addon: opens a team for an instruction set that this machine has, and runs command lists on it. Memory
 * is JavaScript's own (ArrayBuffers, whose bytes never move); the addon only tells its address.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "napi.h"
#include "team_state.h"

/* ---- instruction sets ----------------------------------------------------------------------------- */

extern const Isa nnt_baseline;
#if defined(__x86_64__)
extern const Isa nnt_avx2, nnt_avx512;
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif
static int always(void) { return 1; }

/** Best first. */
static const struct {
	const char *name;
	const Isa *isa;
	int (*here)(void);
} sets[] = {
#if defined(__x86_64__)
	{ "avx512", &nnt_avx512, has_avx512 },
	{ "avx2", &nnt_avx2, has_avx2 },
	{ "sse2", &nnt_baseline, always },
#elif defined(__aarch64__)
	{ "neon", &nnt_baseline, always },
#else
	{ "baseline", &nnt_baseline, always },
#endif
};
enum { SETS = sizeof sets / sizeof *sets };

static int find_set(const char *name)
{
	for (int i = 0; i < SETS; i++)
		if (!strcmp(name, sets[i].name) && sets[i].here())
			return i;
	return -1;
}

/* ---- sleeping ------------------------------------------------------------------------------------- */

#if defined(__linux__)

void os_wait(int32_t *at, int32_t value, int64_t nanoseconds)
{
	const struct timespec time = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
	syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, &time, 0, 0);
}
void os_wake(int32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }

#else

/* One lock for all: waking is rare, and threads woken for nothing check again. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;

void os_wait(int32_t *at, int32_t value, int64_t nanoseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += nanoseconds % 1000000000;
	until.tv_sec += nanoseconds / 1000000000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&door);
	if (__atomic_load_n(at, __ATOMIC_SEQ_CST) == value)
		pthread_cond_timedwait(&bell, &door, &until);
	pthread_mutex_unlock(&door);
}
void os_wake(int32_t *at)
{
	(void)at;
	pthread_mutex_lock(&door);
	pthread_cond_broadcast(&bell);
	pthread_mutex_unlock(&door);
}

#endif

double os_now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

/* ---- a team of operating-system threads ------------------------------------------------------------ */

typedef struct {
	Team *team;
	void *memory;
	int started;
	pthread_t threads[MOST_THREADS];
} Handle;

typedef struct {
	Team *team;
	int id;
} Start;

static void *thread_main(void *given)
{
	const Start start = *(Start *)given;
	free(given);
	team_work(start.team, start.id);
	return 0;
}

static void close_handle(Handle *handle)
{
	if (!handle->team)
		return;
	team_close(handle->team);
	for (int id = 1; id < handle->started; id++)
		pthread_join(handle->threads[id], 0);
	free(handle->memory);
	handle->team = 0;
}

static void finalize_handle(napi_env env, void *data, void *hint)
{
	(void)env, (void)hint;
	close_handle(data);
	free(data);
}

static Handle *open_handle(const Isa *isa, int threads)
{
	const size_t head = (sizeof(Team) + 4095) / 4096 * 4096;
	const size_t floats = SHARED_FLOATS + (size_t)SCRATCH_FLOATS * (size_t)threads;
	Handle *handle = calloc(1, sizeof *handle);
	char *memory = calloc(1, head + floats * sizeof(float) + 4096);
	if (!handle || !memory) {
		free(handle);
		free(memory);
		return 0;
	}
	char *aligned = memory + (4096 - (uintptr_t)memory % 4096);
	Team *team = (Team *)aligned;
	float *shared = (float *)(aligned + head);
	team->isa = isa;
	team->size = threads;
	for (int id = 0; id < threads; id++)
		team->workers[id] = (Worker){
			id, 1, 0, team, shared + SHARED_FLOATS + (size_t)id * SCRATCH_FLOATS, shared
		};
	handle->team = team;
	handle->memory = memory;
	handle->started = 1;
	for (int id = 1; id < threads; id++) {
		Start *start = malloc(sizeof *start);
		if (!start)
			break;
		*start = (Start){ team, id };
		if (pthread_create(&handle->threads[id], 0, thread_main, start)) {
			free(start);
			break;
		}
		handle->started++;
	}
	team->size = handle->started;
	return handle;
}

/* ---- what JavaScript sees -------------------------------------------------------------------------- */

static int arguments(napi_env env, napi_callback_info info, napi_value *values, size_t wanted)
{
	size_t count = wanted;
	return napi_get_cb_info(env, info, &count, values, 0, 0) == 0 && count == wanted;
}

static double number(napi_env env, napi_value value)
{
	double x = 0;
	napi_get_value_double(env, value, &x);
	return x;
}

static int set_argument(napi_env env, napi_value value)
{
	char name[32] = "";
	size_t length;
	napi_get_value_string_utf8(env, value, name, sizeof name, &length);
	const int set = find_set(name);
	if (set < 0)
		napi_throw_error(env, 0, "this machine has no such instruction set");
	return set;
}

/** sets(): the names of the instruction sets this machine has, best first, one per line. */
static napi_value js_sets(napi_env env, napi_callback_info info)
{
	(void)info;
	char names[128] = "";
	for (int i = 0; i < SETS; i++)
		if (sets[i].here())
			strcat(strcat(names, *names ? "\n" : ""), sets[i].name);
	napi_value result = 0;
	napi_create_string_utf8(env, names, strlen(names), &result);
	return result;
}

/** fused(set): 1 where a multiply-add rounds once. */
static napi_value js_fused(napi_env env, napi_callback_info info)
{
	napi_value v[1], result = 0;
	int set;
	if (!arguments(env, info, v, 1) || (set = set_argument(env, v[0])) < 0)
		return 0;
	napi_create_double(env, sets[set].isa->fused, &result);
	return result;
}

/** open(set, threads): a team. */
static napi_value js_open(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	int set;
	if (!arguments(env, info, v, 2) || (set = set_argument(env, v[0])) < 0)
		return 0;
	int threads = (int)number(env, v[1]);
	threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
	Handle *handle = open_handle(sets[set].isa, threads);
	if (!handle)
		napi_throw_error(env, 0, "no memory for threads");
	else
		napi_create_external(env, handle, finalize_handle, 0, &result);
	return result;
}

/** threads(team): how many could be started, the caller's among them. */
static napi_value js_threads(napi_env env, napi_callback_info info)
{
	napi_value v[1], result = 0;
	void *handle;
	if (!arguments(env, info, v, 1) || napi_get_value_external(env, v[0], &handle))
		return 0;
	napi_create_double(env, ((Handle *)handle)->started, &result);
	return result;
}

/** address(arrayBuffer): where its bytes lie, for as long as it lives. */
static napi_value js_address(napi_env env, napi_callback_info info)
{
	napi_value v[1], result = 0;
	void *data = 0;
	size_t length = 0;
	if (!arguments(env, info, v, 1) || napi_get_arraybuffer_info(env, v[0], &data, &length))
		return 0;
#if defined(MADV_HUGEPAGE)
	/* Products walk across rows: fewer pages, fewer misses. */
	const uintptr_t page = 2u << 20, from = ((uintptr_t)data + page - 1) / page * page;
	const uintptr_t to = ((uintptr_t)data + length) / page * page;
	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
#endif
	napi_create_double(env, (double)(uintptr_t)data, &result);
	return result;
}

/** run(team, list, words): returns when the list is done. */
static napi_value js_run(napi_env env, napi_callback_info info)
{
	napi_value v[3];
	void *handle;
	if (!arguments(env, info, v, 3) || napi_get_value_external(env, v[0], &handle))
		return 0;
	if (!((Handle *)handle)->team)
		napi_throw_error(env, 0, "closed");
	else
		team_run(((Handle *)handle)->team, (const double *)(uintptr_t)number(env, v[1]),
			 (long)number(env, v[2]));
	return 0;
}

static napi_value js_close(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	void *handle;
	if (arguments(env, info, v, 1) && !napi_get_value_external(env, v[0], &handle))
		close_handle(handle);
	return 0;
}

/** peak(set, rounds): runs multiply-adds and returns how many floating-point operations they were. */
static napi_value js_peak(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	int set;
	if (!arguments(env, info, v, 2) || (set = set_argument(env, v[0])) < 0)
		return 0;
	const Isa *isa = sets[set].isa;
	const double rounds = number(env, v[1]);
	volatile float kept = isa->peak((long)rounds);
	(void)kept;
	napi_create_double(env, rounds * isa->peak_operations, &result);
	return result;
}

/** source(): sha256 of the source this was built from, as kernels/source.js computes it. */
static napi_value js_source(napi_env env, napi_callback_info info)
{
	(void)info;
	napi_value result = 0;
	napi_create_string_utf8(env, NNT_SOURCE, strlen(NNT_SOURCE), &result);
	return result;
}

NAPI_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	static const struct {
		const char *name;
		napi_callback call;
	} functions[] = {
		{ "sets", js_sets },	   { "fused", js_fused },     { "open", js_open },
		{ "threads", js_threads }, { "address", js_address }, { "run", js_run },
		{ "close", js_close },	   { "peak", js_peak },	      { "source", js_source },
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, strlen(functions[i].name), functions[i].call, 0,
				     &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
