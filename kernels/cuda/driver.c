/*
 * A graphics card by NVIDIA's driver, which is looked for when it is wanted: no toolkit and no header of NVIDIA's is
 * needed. Every code that the driver returns becomes a sentence.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "device.h"
#include "layout.h"

/** Numbers of NVIDIA's interface, which does not change them. */
enum {
	CU_OUT_OF_MEMORY = 2,
	CU_NO_DEVICE = 100,
	CU_INVALID_DEVICE = 101,
	CU_NO_BINARY_FOR_GPU = 209,
	CU_INVALID_PTX = 218,
	CU_UNSUPPORTED_PTX = 222,
	CU_LAUNCH_FAILED = 719,
	CU_COOPERATIVE_LAUNCH_TOO_LARGE = 720,
	CU_SYSTEM_NOT_READY = 802,
	CU_SYSTEM_DRIVER_MISMATCH = 803,
	CU_DEVICE_UNAVAILABLE = 46,
	/* Attributes of a device. */
	AT_MULTIPROCESSORS = 16,
	AT_COMPUTE_MODE = 20,
	AT_MAJOR = 75,
	AT_MINOR = 76,
	AT_COOPERATIVE_LAUNCH = 95,
	AT_SHARED_MEMORY = 97,
	/* Attributes of a function. */
	AT_DYNAMIC_SHARED = 8,
	/* Options of the compiler: registers of a thread, a buffer for errors and its size. */
	JIT_MAX_REGISTERS = 0,
	JIT_ERROR_LOG = 5,
	JIT_ERROR_LOG_BYTES = 6,
	JIT_INPUT_PTX = 1,
	COMPUTE_PROHIBITED = 2,
	NON_BLOCKING = 1,
	WITHOUT_TIMING = 2,
};

/** Oldest instruction set that the PTX is for: copies that go on meanwhile came with it. */
#define LEAST_MAJOR 8
/** Registers of a thread: 256 threads with as many fill a multiprocessor, and the largest tiles want them. */
#define REGISTERS 255
/** Lists under way: while one runs the next is written, and a request to stop waits for no more than these. */
enum { LISTS = 4 };

typedef uint64_t Address;

/** Functions of the driver: name, the name it has in the library, and what they take. */
#define EACH_CALL(X)                                                                                       \
	X(cuInit, "cuInit", (unsigned))                                                                    \
	X(cuDriverGetVersion, "cuDriverGetVersion", (int *))                                               \
	X(cuDeviceGetCount, "cuDeviceGetCount", (int *))                                                   \
	X(cuDeviceGet, "cuDeviceGet", (int *, int))                                                        \
	X(cuDeviceGetName, "cuDeviceGetName", (char *, int, int))                                          \
	X(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *, int, int))                                 \
	X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (void **, int))                            \
	X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (int))                                \
	X(cuCtxSetCurrent, "cuCtxSetCurrent", (void *))                                                    \
	X(cuMemGetInfo, "cuMemGetInfo_v2", (size_t *, size_t *))                                           \
	X(cuLinkCreate, "cuLinkCreate_v2", (unsigned, int *, void **, void **))                            \
	X(cuLinkAddData, "cuLinkAddData_v2",                                                               \
	  (void *, int, void *, size_t, const char *, unsigned, int *, void **))                           \
	X(cuLinkComplete, "cuLinkComplete", (void *, void **, size_t *))                                   \
	X(cuLinkDestroy, "cuLinkDestroy", (void *))                                                        \
	X(cuModuleLoadData, "cuModuleLoadData", (void **, const void *))                                   \
	X(cuModuleUnload, "cuModuleUnload", (void *))                                                      \
	X(cuModuleGetFunction, "cuModuleGetFunction", (void **, void *, const char *))                     \
	X(cuFuncSetAttribute, "cuFuncSetAttribute", (void *, int, int))                                    \
	X(cuOccupancy, "cuOccupancyMaxActiveBlocksPerMultiprocessor", (int *, void *, int, size_t))        \
	X(cuMemAlloc, "cuMemAlloc_v2", (Address *, size_t))                                                \
	X(cuMemFree, "cuMemFree_v2", (Address))                                                            \
	X(cuMemHostAlloc, "cuMemHostAlloc", (void **, size_t, unsigned))                                   \
	X(cuMemFreeHost, "cuMemFreeHost", (void *))                                                        \
	X(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (Address, const void *, size_t, void *))              \
	X(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void *, Address, size_t, void *))                    \
	X(cuMemsetD8Async, "cuMemsetD8Async", (Address, unsigned char, size_t, void *))                    \
	X(cuStreamCreate, "cuStreamCreate", (void **, unsigned))                                           \
	X(cuStreamDestroy, "cuStreamDestroy_v2", (void *))                                                 \
	X(cuStreamSynchronize, "cuStreamSynchronize", (void *))                                            \
	X(cuEventCreate, "cuEventCreate", (void **, unsigned))                                             \
	X(cuEventRecord, "cuEventRecord", (void *, void *))                                                \
	X(cuEventSynchronize, "cuEventSynchronize", (void *))                                              \
	X(cuEventDestroy, "cuEventDestroy_v2", (void *))                                                   \
	X(cuLaunchCooperativeKernel, "cuLaunchCooperativeKernel",                                          \
	  (void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **)) \
	X(cuGetErrorName, "cuGetErrorName", (int, const char **))                                          \
	X(cuGetErrorString, "cuGetErrorString", (int, const char **))
#define DECLARE(name, symbol, args) static int(*name) args;
EACH_CALL(DECLARE)

/** A list on its way to the card. */
typedef struct {
	double *host;
	Address address;
	/** Words that there is room for, those nobody reads among them. */
	size_t words;
	void *begun;
	int is_begun;
} List;

/** Pinned memory that numbers pass through on their way to the card, so that nobody waits until they are there. */
typedef struct {
	char *host;
	void *begun;
	int is_begun;
} Stage;
enum { STAGES = 4, STAGE_BYTES = 2 << 20 };

struct Card {
	int device, blocks;
	void *context, *stream, *module, *run_list;
	CardFacts facts;
	Address grid_memory, arrivals;
	List lists[LISTS];
	Stage stages[STAGES];
	int next, next_stage;
};

/* ---- sentences --------------------------------------------------------------------------------------- */

static int fail(Reason *reason, const char *what, int code)
{
	const char *name = 0, *text = 0;
	if (cuGetErrorName)
		cuGetErrorName(code, &name);
	if (cuGetErrorString)
		cuGetErrorString(code, &text);
	const char *known = 0;
	switch (code) {
	case CU_NO_DEVICE:
		known = "there is an NVIDIA driver, but no graphics card that this process may use: none is "
			"there, it is hidden by CUDA_VISIBLE_DEVICES, or it is parted (MIG) and no part is "
			"given to this process";
		break;
	case CU_INVALID_DEVICE: known = "there is no such graphics card"; break;
	case CU_DEVICE_UNAVAILABLE:
		known = "the graphics card is busy: it is reserved by another process";
		break;
	case CU_NO_BINARY_FOR_GPU:
	case CU_INVALID_PTX:
	case CU_UNSUPPORTED_PTX:
		known = "the driver is too old for the card's program, which needs 11.1 or later";
		break;
	case CU_LAUNCH_FAILED: known = "the card's program has failed: this is a bug"; break;
	case CU_COOPERATIVE_LAUNCH_TOO_LARGE:
		known = "other programs leave no room on the graphics card for all blocks at once";
		break;
	case CU_SYSTEM_NOT_READY:
		known = "the graphics card is not ready: its fabric manager does not run";
		break;
	case CU_SYSTEM_DRIVER_MISMATCH:
		known = "the driver's library and the driver of this machine are not of one version";
		break;
	default: break;
	}
	if (known)
		snprintf(reason->text, sizeof reason->text, "%s (%s: %s)", known, what, name ? name : "?");
	else
		snprintf(reason->text, sizeof reason->text,
			 "the graphics card's driver failed to %s: %s (%s %d)", what,
			 text ? text : "no reason given", name ? name : "code", code);
	return 1;
}

/** Leaves the function with 1 when a call fails. */
#define TRY(what, call)                                     \
	do {                                                \
		const int refused = (call);                 \
		if (refused)                                \
			return fail(reason, what, refused); \
	} while (0)

static int no_memory(Reason *reason, size_t wanted)
{
	size_t left = 0, all = 0;
	cuMemGetInfo(&left, &all);
	snprintf(reason->text, sizeof reason->text,
		 "not enough memory on the graphics card: %.0f MB more are wanted, %.0f of %.0f MB are free",
		 (double)wanted / 1048576 + 0.5, (double)left / 1048576, (double)all / 1048576);
	return 1;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static int find_driver(Reason *reason)
{
	static void *library;
	if (library)
		return 0;
	void *found = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!found) {
		snprintf(reason->text, sizeof reason->text, "no NVIDIA driver: there is no libcuda.so.1");
		return 1;
	}
#define FIND(name, symbol, args)                                             \
	if (!(*(void **)&name = dlsym(found, symbol))) {                     \
		snprintf(reason->text, sizeof reason->text,                  \
			 "the NVIDIA driver is too old: it has no " symbol); \
		return 1;                                                    \
	}
	EACH_CALL(FIND)
	library = found;
	return 0;
}

static int attribute(const Card *card, int which)
{
	int value = 0;
	cuDeviceGetAttribute(&value, which, card->device);
	return value;
}

static int open_device(Card *card, Reason *reason)
{
	int count = 0;
	CardFacts *facts = &card->facts;
	if (find_driver(reason))
		return 1;
	TRY("start", cuInit(0));
	TRY("count cards", cuDeviceGetCount(&count));
	if (count == 0)
		return fail(reason, "count cards", CU_NO_DEVICE);
	TRY("find a card", cuDeviceGet(&card->device, 0));
	TRY("name the card", cuDeviceGetName(facts->name, sizeof facts->name, card->device));
	TRY("say its version", cuDriverGetVersion(&facts->driver));
	facts->major = attribute(card, AT_MAJOR);
	facts->minor = attribute(card, AT_MINOR);
	facts->multiprocessors = attribute(card, AT_MULTIPROCESSORS);
	if (attribute(card, AT_COMPUTE_MODE) == COMPUTE_PROHIBITED) {
		snprintf(reason->text, sizeof reason->text, "%s is set to compute for nobody", facts->name);
		return 1;
	}
	if (facts->major < LEAST_MAJOR || !attribute(card, AT_COOPERATIVE_LAUNCH) ||
	    attribute(card, AT_SHARED_MEMORY) < SHARED_BYTES) {
		snprintf(reason->text, sizeof reason->text,
			 "%s is too old: its compute capability is %d.%d, %d.0 or later is wanted",
			 facts->name, facts->major, facts->minor, LEAST_MAJOR);
		return 1;
	}
	TRY("open the card", cuDevicePrimaryCtxRetain(&card->context, card->device));
	TRY("use the card", cuCtxSetCurrent(card->context));
	TRY("make a queue", cuStreamCreate(&card->stream, NON_BLOCKING));
	for (int i = 0; i < LISTS; i++)
		TRY("make an event", cuEventCreate(&card->lists[i].begun, WITHOUT_TIMING));
	for (int i = 0; i < STAGES; i++) {
		TRY("make an event", cuEventCreate(&card->stages[i].begun, WITHOUT_TIMING));
		TRY("pin memory", cuMemHostAlloc((void **)&card->stages[i].host, STAGE_BYTES, 0));
	}
	return card_allocate(card, GRID_BYTES, &card->grid_memory, reason) ||
	       card_allocate(card, 256, &card->arrivals, reason);
}

Card *card_open(Reason *reason)
{
	Card *card = calloc(1, sizeof *card);
	if (!card) {
		snprintf(reason->text, sizeof reason->text, "no memory");
		return 0;
	}
	if (open_device(card, reason)) {
		card_close(card);
		return 0;
	}
	return card;
}

void card_close(Card *card)
{
	if (card->context) {
		cuCtxSetCurrent(card->context);
		if (card->stream)
			cuStreamSynchronize(card->stream);
		for (int i = 0; i < LISTS; i++) {
			List *list = card->lists + i;
			if (list->begun)
				cuEventDestroy(list->begun);
			if (list->host)
				cuMemFreeHost(list->host);
			if (list->address)
				cuMemFree(list->address);
		}
		for (int i = 0; i < STAGES; i++) {
			if (card->stages[i].begun)
				cuEventDestroy(card->stages[i].begun);
			if (card->stages[i].host)
				cuMemFreeHost(card->stages[i].host);
		}
		if (card->grid_memory)
			cuMemFree(card->grid_memory);
		if (card->arrivals)
			cuMemFree(card->arrivals);
		if (card->module)
			cuModuleUnload(card->module);
		if (card->stream)
			cuStreamDestroy(card->stream);
		/* The last one to release it frees what else was allocated in it. */
		cuDevicePrimaryCtxRelease(card->device);
	}
	free(card);
}

void card_facts(Card *card, CardFacts *facts)
{
	size_t left = 0, all = 0;
	cuMemGetInfo(&left, &all);
	card->facts.memory = (double)all;
	card->facts.free_memory = (double)left;
	*facts = card->facts;
}

/* ---- the program --------------------------------------------------------------------------------------- */

void *card_compile(Card *card, const char *ptx, size_t *bytes, Reason *reason)
{
	(void)card;
	char errors[400] = "";
	int options[] = { JIT_MAX_REGISTERS, JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES };
	void *values[] = { (void *)(uintptr_t)REGISTERS, errors, (void *)(uintptr_t)sizeof errors };
	void *link = 0, *made = 0, *program = 0;
	size_t length = 0;
	int code = cuLinkCreate(3, options, values, &link);
	if (!code)
		code = cuLinkAddData(link, JIT_INPUT_PTX, (void *)ptx, strlen(ptx) + 1, "nnt", 0, 0, 0);
	if (!code)
		code = cuLinkComplete(link, &made, &length);
	if (code) {
		fail(reason, "compile the program", code);
		if (*errors) {
			const size_t said = strlen(reason->text);
			errors[strcspn(errors, "\n")] = 0;
			snprintf(reason->text + said, sizeof reason->text - said, ": %s", errors);
		}
	} else if ((program = malloc(length))) {
		memcpy(program, made, length);
		*bytes = length;
	} else {
		snprintf(reason->text, sizeof reason->text, "no memory");
	}
	if (link)
		cuLinkDestroy(link);
	return program;
}

int card_load(Card *card, const void *program, Reason *reason)
{
	int per_multiprocessor = 0;
	TRY("load the program", cuModuleLoadData(&card->module, program));
	TRY("find the program", cuModuleGetFunction(&card->run_list, card->module, "run_list"));
	TRY("reserve a block's memory", cuFuncSetAttribute(card->run_list, AT_DYNAMIC_SHARED, SHARED_BYTES));
	TRY("count blocks", cuOccupancy(&per_multiprocessor, card->run_list, NT, SHARED_BYTES));
	if (per_multiprocessor == 0)
		return fail(reason, "place a block", CU_COOPERATIVE_LAUNCH_TOO_LARGE);
	card->blocks = card->facts.multiprocessors;
	return 0;
}

int card_blocks(Card *card) { return card->blocks; }

/* ---- memory -------------------------------------------------------------------------------------------- */

int card_allocate(Card *card, size_t bytes, Address *address, Reason *reason)
{
	const int code = cuMemAlloc(address, bytes);
	if (code == CU_OUT_OF_MEMORY)
		return no_memory(reason, bytes);
	TRY("allocate memory", code);
	TRY("clear memory", cuMemsetD8Async(*address, 0, bytes, card->stream));
	return 0;
}

void card_free(Card *card, Address address)
{
	/* A list under way may still use it. */
	cuStreamSynchronize(card->stream);
	cuMemFree(address);
}

int card_put(Card *card, Address to, const void *from, size_t bytes, Reason *reason)
{
	for (size_t done = 0, some; done < bytes; done += some) {
		Stage *stage = card->stages + card->next_stage;
		card->next_stage = (card->next_stage + 1) % STAGES;
		some = bytes - done < STAGE_BYTES ? bytes - done : STAGE_BYTES;
		if (stage->is_begun)
			TRY("copy to the card", cuEventSynchronize(stage->begun));
		memcpy(stage->host, (const char *)from + done, some);
		TRY("copy to the card", cuMemcpyHtoDAsync(to + done, stage->host, some, card->stream));
		TRY("mark a copy", cuEventRecord(stage->begun, card->stream));
		stage->is_begun = 1;
	}
	return 0;
}

int card_get(Card *card, void *to, Address from, size_t bytes, Reason *reason)
{
	TRY("copy from the card", cuMemcpyDtoHAsync(to, from, bytes, card->stream));
	return card_wait(card, reason);
}

int card_wait(Card *card, Reason *reason)
{
	TRY("compute", cuStreamSynchronize(card->stream));
	return 0;
}

/* ---- lists --------------------------------------------------------------------------------------------- */

static int make_room(List *list, size_t words, Reason *reason)
{
	if (words <= list->words)
		return 0;
	if (list->host)
		TRY("free memory", cuMemFreeHost(list->host));
	if (list->address)
		TRY("free memory", cuMemFree(list->address));
	*list = (List){ .begun = list->begun };
	TRY("allocate memory", cuMemHostAlloc((void **)&list->host, words * sizeof(double), 0));
	TRY("allocate memory", cuMemAlloc(&list->address, words * sizeof(double)));
	list->words = words;
	return 0;
}

int card_run(Card *card, const double *words, long count, Reason *reason)
{
	List *list = card->lists + card->next;
	card->next = (card->next + 1) % LISTS;
	if (list->is_begun)
		TRY("compute", cuEventSynchronize(list->begun));
	if (make_room(list, (size_t)count + MOST_WORDS, reason))
		return 1;
	memcpy(list->host, words, (size_t)count * sizeof(double));
	memset(list->host + count, 0, MOST_WORDS * sizeof(double));
	int total = (int)count;
	void *args[] = { &list->address, &total, &card->grid_memory, &card->arrivals };
	TRY("copy a list", cuMemcpyHtoDAsync(list->address, list->host,
					     ((size_t)count + MOST_WORDS) * sizeof(double), card->stream));
	TRY("clear a counter", cuMemsetD8Async(card->arrivals, 0, 4, card->stream));
	TRY("begin a list", cuLaunchCooperativeKernel(card->run_list, (unsigned)card->blocks, 1, 1, NT, 1, 1,
						      SHARED_BYTES, card->stream, args));
	TRY("mark a list", cuEventRecord(list->begun, card->stream));
	list->is_begun = 1;
	return 0;
}
