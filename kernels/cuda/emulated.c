/*
 * A graphics card on a processor, for tests: every thread of every block is a fiber. Between two meetings fibers run in
 * random order, and asynchronous copies are made as late as they may be, so that a missing barrier or wait, or a wrong
 * place, changes what comes out. Calls that a card would not survive end the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#include "device.h"
#include "emulated.h"

void run_list(const double *list, int words, float *shared, uint32_t *arrivals);

enum { ALL = EMULATED_BLOCKS * NT, STACK = 64 * 1024, MOST_COPIES = 256 };

/* ---- fibers ---------------------------------------------------------------------------------------- */

typedef struct {
	float *to;
	const float *from;
	int bytes, size, group;
} Copy;

typedef struct {
#if defined(__x86_64__)
	void *stack_pointer;
#else
	ucontext_t context;
#endif
	char *stack;
	int tid, block, done;
	/** Group of copies under way, and the copies that are not made yet. */
	int group, copies;
	/** Whether it has waited for copies since its last barrier. */
	int has_waited;
	Copy copy[MOST_COPIES];
	/** Of `of_neighbour`: calls so far, and what the latest two gave away. */
	uint32_t calls;
	double given[2];
} Fiber;

typedef struct {
	float *memory;
	int arrived, generation;
} Block;

float *block_memory;
static Fiber *fibers, *now;
static Block blocks[EMULATED_BLOCKS];
/** Fibers still running; whether any has got on in the round under way. */
static int left, moved;
static uint32_t seed = 12345;
/**
 * A fault that tests plant: the grid's meetings do not wait, or a block's barriers after a wait for copies, or that comes
 * a group early.
 */
static enum { NO_FAULT, NO_MEETING, NO_BARRIER, EARLY_COPIES } fault;

static struct Arguments {
	const double *list;
	int words;
	float *shared;
	uint32_t *arrivals;
} launch;

static void fail(const char *what)
{
	fprintf(stderr, "emulated card: %s\n", what);
	abort();
}

#if defined(__x86_64__)
static void *home;
void nnt_switch_fiber(void **from, void *to);
__asm__(".text\n.globl nnt_switch_fiber\n.hidden nnt_switch_fiber\nnnt_switch_fiber:\n"
	" push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
	" mov %rsp,(%rdi)\n mov %rsi,%rsp\n"
	" pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");
static void yield(void) { nnt_switch_fiber(&now->stack_pointer, home); }
static void resume(Fiber *fiber) { nnt_switch_fiber(&home, fiber->stack_pointer); }
#else
static ucontext_t home;
static void yield(void) { swapcontext(&now->context, &home); }
static void resume(Fiber *fiber) { swapcontext(&home, &fiber->context); }
#endif

static void fiber_main(void)
{
	run_list(launch.list, launch.words, launch.shared, launch.arrivals);
	now->done = 1;
	left--;
	moved = 1;
	for (;;)
		yield();
}

static void prepare(Fiber *fiber)
{
	fiber->done = fiber->group = fiber->copies = fiber->has_waited = 0;
	fiber->calls = 0;
#if defined(__x86_64__)
	uint64_t *top = (uint64_t *)((uintptr_t)(fiber->stack + STACK) & ~(uintptr_t)15);
	*--top = 0;
	*--top = (uint64_t)(uintptr_t)fiber_main;
	for (int saved = 0; saved < 6; saved++)
		*--top = 0;
	fiber->stack_pointer = top;
#else
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = STACK;
	fiber->context.uc_link = 0;
	makecontext(&fiber->context, fiber_main, 0);
#endif
}

static uint32_t random_below(uint32_t bound)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * bound) >> 32);
}

static void run_fibers(void)
{
	static int order[ALL];
	for (int i = 0; i < ALL; i++) {
		order[i] = i;
		prepare(fibers + i);
	}
	for (int b = 0; b < EMULATED_BLOCKS; b++) {
		blocks[b].arrived = blocks[b].generation = 0;
		memset(blocks[b].memory, 0xff, SHARED_BYTES);
	}
	for (left = ALL; left;) {
		for (int i = ALL - 1; i > 0; i--) {
			const uint32_t j = random_below((uint32_t)i + 1);
			const int other = order[i];
			order[i] = order[j];
			order[j] = other;
		}
		moved = 0;
		for (int i = 0; i < ALL; i++) {
			now = fibers + order[i];
			if (now->done)
				continue;
			block_memory = blocks[now->block].memory;
			resume(now);
		}
		if (!moved)
			fail("its threads wait for each other");
	}
}

/* ---- what device.h asks for --------------------------------------------------------------------------- */

int tid(void) { return now->tid; }
int bid(void) { return now->block; }
int grid(void) { return EMULATED_BLOCKS; }

void emulated_barrier(void)
{
	Block *block = blocks + now->block;
	const int generation = block->generation;
	const int follows_copies = now->has_waited;
	moved = 1;
	now->has_waited = 0;
	if (fault == NO_BARRIER && follows_copies)
		return;
	if (++block->arrived == NT) {
		block->arrived = 0;
		block->generation++;
		return;
	}
	while (block->generation == generation)
		yield();
	moved = 1;
}

void emulated_copy(float *to, const float *from, int bytes, int size)
{
	const char *low = (char *)blocks[now->block].memory;
	if (now->copies == MOST_COPIES)
		fail("too many copies under way");
	if ((uintptr_t)to % (uintptr_t)size || (bytes && (uintptr_t)from % (uintptr_t)size))
		fail("a copy to or from no multiple of its size");
	if ((char *)to < low || (char *)to + size > low + SHARED_BYTES)
		fail("a copy to outside of the block's memory");
	now->copy[now->copies++] = (Copy){ to, from, bytes, size, now->group };
}

void copy_commit(void) { now->group++; }

void emulated_wait(int groups)
{
	const int late = now->group - groups - (fault == EARLY_COPIES);
	int kept = 0;
	now->has_waited = 1;
	for (int i = 0; i < now->copies; i++) {
		const Copy *copy = now->copy + i;
		if (copy->group >= late) {
			now->copy[kept++] = *copy;
			continue;
		}
		memset(copy->to, 0, (size_t)copy->size);
		if (copy->bytes)
			memcpy(copy->to, copy->from, (size_t)copy->bytes);
	}
	now->copies = kept;
}

void arrive(uint32_t *p)
{
	moved = 1;
	++*p;
}

uint32_t look(uint32_t *p)
{
	yield();
	return fault == NO_MEETING ? UINT32_MAX / 4 : *p;
}

double of_neighbour_double(double x, int d)
{
	Fiber *first = now - now->tid % 4, *other = first + ((now->tid % 4) ^ d);
	const uint32_t call = ++now->calls;
	now->given[call % 2] = x;
	moved = 1;
	for (int i = 0; i < 4; i++)
		while ((int32_t)(first[i].calls - call) < 0)
			yield();
	moved = 1;
	return other->given[call % 2];
}

float of_neighbour(float x, int d) { return (float)of_neighbour_double(x, d); }

/* ---- running a list ------------------------------------------------------------------------------------- */

void emulated_fault(int which) { fault = which; }

static void begin_machine(void)
{
	char *stacks = malloc((size_t)ALL * STACK);
	fibers = calloc(ALL, sizeof *fibers);
	if (!stacks || !fibers)
		fail("no memory");
	for (int i = 0; i < ALL; i++) {
		fibers[i].tid = i % NT;
		fibers[i].block = i / NT;
		fibers[i].stack = stacks + (size_t)i * STACK;
	}
	for (int b = 0; b < EMULATED_BLOCKS; b++)
		if (!(blocks[b].memory = aligned_alloc(64, SHARED_BYTES)))
			fail("no memory");
}

void emulated_launch(const double *list, int words, float *shared, uint32_t *arrivals)
{
	if (!fibers)
		begin_machine();
	launch = (struct Arguments){ list, words, shared, arrivals };
	run_fibers();
}
