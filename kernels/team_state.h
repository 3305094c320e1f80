/* The memory of a team, and what it asks of an operating system. Knows no kernel. */
#ifndef NNT_TEAM_STATE_H
#define NNT_TEAM_STATE_H

#include "isa.h"

/** Bound by the scratch that threads share: see `product_part`. */
#define MOST_THREADS 32

/** A counter that threads wait for, alone in its cache lines. */
typedef struct {
	int32_t value, sleepers;
	char apart[120];
} Flag;

struct Team {
	/** Latest list · 256 + threads that run it. */
	Flag lists;
	/** Number of the latest meeting that all have come to. */
	Flag released;
	/** Per thread, the number of the latest meeting it has come to. */
	Flag arrived[MOST_THREADS];
	Worker workers[MOST_THREADS];
	const Isa *isa;
	const double *list;
	long words;
	/** Threads wanted, and threads that have started. */
	int32_t size, ready, closing;
	/** Meetings before the list under way; and the one after which thread 0 went on alone. */
	int32_t meetings_at_start, parted;
	/** Thread 0's alone, in nanoseconds: when the list under way began, and how long it has waited in it. */
	double began, waited;
	/** Until when it works alone, the length of that time, and time together since the latest. */
	double alone_until, alone_for, together;
};

/** Runs a list, on as many threads as are ready and worth it. Thread 0 only. */
void team_run(Team *team, const double *list, long words);
/** The life of thread `id` ≥ 1, until `team_close`. */
void team_work(Team *team, int id);
void team_close(Team *team);

/** Sleeps while *at is `value`, at most `nanoseconds`. */
void os_wait(int32_t *at, int32_t value, int64_t nanoseconds);
/** Wakes all who sleep on `at`. */
void os_wake(int32_t *at);
/** Nanoseconds since some moment. */
double os_now(void);

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
