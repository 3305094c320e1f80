/* The memory of a team, and what it needs from an operating system. Knows no kernel. */
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

/** What thread 0 and one of the others tell each other. */
typedef struct {
	/** Number of the latest job that this thread was given, and of the latest that it has done. */
	Flag posted, done;
	/** Whether the thread has started. */
	int32_t alive;
	/** Thread 0's alone: jobs in a row that went without this thread. */
	int32_t missed;
	char apart[120];
} Seat;

struct Team {
	/** Number of the latest meeting that all have come to. */
	Flag released;
	/** Per rank in a job, the number of the latest meeting it has come to. */
	Flag arrived[MOST_THREADS];
	Seat seats[MOST_THREADS];
	Worker workers[MOST_THREADS];
	const Isa *isa;
	/** The job under way. */
	const double *command;
	/** Threads, the caller's among them. */
	int32_t size, closing;
	/** Thread 0's alone, in nanoseconds: how long it has slept in the job under way. */
	double waited;
	/** What sharing has saved of late; until when it works alone (0: it does not), and the length of that time. */
	double saved, alone_until, alone_for;
};

/** Runs a list, on as many threads as are there and worth it. Thread 0 only. */
void team_run(Team *team, const double *list, long words);
/** What thread `id` ≥ 1 runs until `team_close`. */
void team_work(Team *team, int id);
void team_close(Team *team);

/** Sleeps while *at is `value`, at most `nanoseconds`. */
void os_wait(int32_t *at, int32_t value, int64_t nanoseconds);
/** Wakes all threads that sleep on `at`. */
void os_wake(int32_t *at);
/** Nanoseconds since some fixed moment. */
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
