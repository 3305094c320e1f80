/*
 * A library that answers as NVIDIA's driver does, for tests of driver.c: its card is the emulated machine. What is
 * enqueued is done as late as it may be, at the next wait; memory that is not pinned is read at once. NNT_FAKE_DRIVER says
 * what is the matter with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulated.h"

#define EXPORT __attribute__((visibility("default"))) int
typedef uint64_t Address;

enum { OUT_OF_MEMORY = 2, BUSY = 46, NO_DEVICE = 100, UNSUPPORTED_PTX = 222 };
/** Bytes of memory, and of a card that has little. */
#define MEMORY ((size_t)1 << 30)
#define LITTLE_MEMORY ((size_t)9 << 20)

static int is_so(const char *what)
{
	const char *matter = getenv("NNT_FAKE_DRIVER");
	return matter && !strcmp(matter, what);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static size_t taken;
static struct {
	char *from;
	size_t bytes;
} pinned[64];
static int pinned_count;

static size_t memory(void) { return is_so("little memory") ? LITTLE_MEMORY : MEMORY; }

EXPORT cuMemGetInfo_v2(size_t *left, size_t *all)
{
	*all = memory();
	*left = memory() - taken;
	return 0;
}
EXPORT cuMemAlloc_v2(Address *address, size_t bytes)
{
	if (bytes > memory() - taken)
		return OUT_OF_MEMORY;
	taken += bytes;
	char *block = aligned_alloc(256, (bytes + 511) / 256 * 256);
	memset(block, 0xff, bytes);
	*address = (Address)(uintptr_t)block;
	return 0;
}
EXPORT cuMemFree_v2(Address address)
{
	free((void *)(uintptr_t)address);
	return 0;
}
EXPORT cuMemHostAlloc(void **at, size_t bytes, unsigned flags)
{
	(void)flags;
	*at = malloc(bytes);
	pinned[pinned_count % 64].from = *at;
	pinned[pinned_count++ % 64].bytes = bytes;
	return 0;
}
EXPORT cuMemFreeHost(void *at)
{
	free(at);
	return 0;
}

/* ---- what is enqueued ---------------------------------------------------------------------------------- */

typedef struct {
	enum { COPY, SET, LAUNCH, EVENT } what;
	char *to;
	const char *from;
	/** What `from` held, of memory that is not pinned; else null. */
	char *read;
	size_t bytes;
	int value;
	struct {
		const double *list;
		int words;
		float *shared;
		uint32_t *arrivals;
	} launch;
} Work;
static Work queue[4096];
static int first, last;

static void do_one(Work *work)
{
	switch (work->what) {
	case COPY: memcpy(work->to, work->read ? work->read : work->from, work->bytes); break;
	case SET: memset(work->to, work->value, work->bytes); break;
	case LAUNCH:
		emulated_launch(work->launch.list, work->launch.words, work->launch.shared,
				work->launch.arrivals);
		break;
	case EVENT: break;
	}
	free(work->read);
}
static void do_until(int end)
{
	for (; first < end; first++)
		do_one(queue + first % 4096);
}
static Work *enqueue(Work work)
{
	if (last - first == 4096)
		do_until(first + 1);
	queue[last % 4096] = work;
	return queue + last++ % 4096;
}

static int is_pinned(const char *from)
{
	for (int i = 0; i < pinned_count && i < 64; i++)
		if (from >= pinned[i].from && from < pinned[i].from + pinned[i].bytes)
			return 1;
	return 0;
}

EXPORT cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *stream)
{
	(void)stream;
	Work *work =
		enqueue((Work){ .what = COPY, .to = (char *)(uintptr_t)to, .from = from, .bytes = bytes });
	if (!is_pinned(from)) {
		work->read = malloc(bytes ? bytes : 1);
		memcpy(work->read, from, bytes);
	}
	return 0;
}
EXPORT cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *stream)
{
	(void)stream;
	enqueue((Work){ .what = COPY, .to = to, .from = (char *)(uintptr_t)from, .bytes = bytes });
	return 0;
}
EXPORT cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void *stream)
{
	(void)stream;
	enqueue((Work){ .what = SET, .to = (char *)(uintptr_t)to, .value = value, .bytes = bytes });
	return 0;
}
EXPORT cuLaunchCooperativeKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
				 unsigned by, unsigned bz, unsigned shared, void *stream, void **args)
{
	(void)function, (void)gy, (void)gz, (void)bx, (void)by, (void)bz, (void)shared, (void)stream;
	if (gx != EMULATED_BLOCKS)
		return 1;
	enqueue((Work){ .what = LAUNCH,
			.launch = { *(const double **)args[0], *(int *)args[1], *(float **)args[2],
				    *(uint32_t **)args[3] } });
	return 0;
}
EXPORT cuStreamSynchronize(void *stream)
{
	(void)stream;
	do_until(last);
	return 0;
}
EXPORT cuEventCreate(void **event, unsigned flags)
{
	(void)flags;
	*event = calloc(1, sizeof(int));
	return 0;
}
EXPORT cuEventRecord(void *event, void *stream)
{
	(void)stream;
	enqueue((Work){ .what = EVENT });
	*(int *)event = last;
	return 0;
}
EXPORT cuEventSynchronize(void *event)
{
	do_until(*(int *)event);
	return 0;
}
EXPORT cuEventDestroy_v2(void *event)
{
	free(event);
	return 0;
}
EXPORT cuStreamCreate(void **stream, unsigned flags)
{
	(void)flags;
	*stream = &queue;
	return 0;
}
EXPORT cuStreamDestroy_v2(void *stream)
{
	(void)stream;
	return 0;
}

/* ---- the card and its program ---------------------------------------------------------------------------- */

EXPORT cuInit(unsigned flags)
{
	(void)flags;
	if (is_so("other bits"))
		emulated_fault(1);
	return is_so("no card") ? NO_DEVICE : 0;
}
EXPORT cuDriverGetVersion(int *version)
{
	*version = 12040;
	return 0;
}
EXPORT cuDeviceGetCount(int *count)
{
	*count = 1;
	return 0;
}
EXPORT cuDeviceGet(int *device, int which)
{
	*device = which;
	return 0;
}
EXPORT cuDeviceGetName(char *name, int bytes, int device)
{
	(void)device;
	snprintf(name, (size_t)bytes, "Fake Card");
	return 0;
}
EXPORT cuDeviceGetAttribute(int *value, int which, int device)
{
	(void)device;
	switch (which) {
	case 16: *value = EMULATED_BLOCKS; break;
	case 75: *value = is_so("old card") ? 7 : 8; break;
	case 95: *value = 1; break;
	case 97: *value = 163 * 1024; break;
	default: *value = 0;
	}
	return 0;
}
EXPORT cuDevicePrimaryCtxRetain(void **context, int device)
{
	(void)device;
	*context = &queue;
	return is_so("busy") ? BUSY : 0;
}
EXPORT cuDevicePrimaryCtxRelease_v2(int device)
{
	(void)device;
	return 0;
}
EXPORT cuCtxSetCurrent(void *context)
{
	(void)context;
	return 0;
}
EXPORT cuLinkCreate_v2(unsigned count, int *options, void **values, void **state)
{
	(void)count, (void)options, (void)values;
	*state = calloc(1, 64);
	return 0;
}
EXPORT cuLinkAddData_v2(void *state, int type, void *data, size_t bytes, const char *name, unsigned count,
			int *options, void **values)
{
	(void)name, (void)count, (void)options, (void)values;
	if (is_so("old driver"))
		return UNSUPPORTED_PTX;
	const char *text = data;
	const int is_whole = type == 1 && text[bytes - 1] == 0 && strlen(text) + 1 == bytes;
	return !is_whole || !strstr(text, ".visible .entry run_list(") ? 218 : (strcpy(state, "program"), 0);
}
EXPORT cuLinkComplete(void *state, void **program, size_t *bytes)
{
	*program = state;
	*bytes = 64;
	return 0;
}
EXPORT cuLinkDestroy(void *state)
{
	free(state);
	return 0;
}
EXPORT cuModuleLoadData(void **module, const void *program)
{
	*module = &queue;
	return strcmp(program, "program") ? 200 : 0;
}
EXPORT cuModuleUnload(void *module)
{
	(void)module;
	return 0;
}
EXPORT cuModuleGetFunction(void **function, void *module, const char *name)
{
	*function = module;
	return strcmp(name, "run_list") ? 500 : 0;
}
EXPORT cuFuncSetAttribute(void *function, int which, int value)
{
	(void)function, (void)which, (void)value;
	return 0;
}
EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessor(int *count, void *function, int threads, size_t shared)
{
	(void)function, (void)threads, (void)shared;
	*count = 1;
	return 0;
}
EXPORT cuGetErrorName(int code, const char **name)
{
	(void)code;
	*name = "CUDA_ERROR_FAKE";
	return 0;
}
EXPORT cuGetErrorString(int code, const char **text)
{
	(void)code;
	*text = "as it was told to";
	return 0;
}
