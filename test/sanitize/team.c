/*
 * The team of threads under ThreadSanitizer: many small jobs and meetings, compared with what one thread computes. Exits
 * with 1 where numbers differ; a race ends the process by the sanitizer's own code.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "enums.h"
#include "team_state.h"

extern const Isa nnt_baseline;

void os_wait(int32_t *at, int32_t value, int64_t nanoseconds)
{
	const struct timespec time = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
	syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, &time, 0, 0);
}
void os_wake(int32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }
double os_now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

enum { THREADS = 4, SIDE = 96, ROUNDS = 300 };
static Team *teams[2];
static pthread_t threads[THREADS];

static void *life(void *id)
{
	team_work(teams[1], (int)(intptr_t)id);
	return 0;
}

static Team *team_of(int size)
{
	Team *team = aligned_alloc(4096, (sizeof(Team) + 4095) / 4096 * 4096);
	float *shared = calloc(SHARED_FLOATS + (size_t)SCRATCH_FLOATS * (size_t)size, sizeof(float));
	memset(team, 0, sizeof *team);
	team->isa = &nnt_baseline;
	team->size = size;
	for (int id = 0; id < size; id++)
		team->workers[id] = (Worker){ id, 1, 0, team, shared + SHARED_FLOATS + (size_t)id * SCRATCH_FLOATS, shared };
	return team;
}

static float *matrix(int seed)
{
	float *values = aligned_alloc(64, SIDE * SIDE * sizeof(float));
	for (int i = 0; i < SIDE * SIDE; i++)
		values[i] = (float)((i * 37 + seed) % 101) / 101;
	return values;
}

#define AT(pointer) (double)(uintptr_t)(pointer)

int main(void)
{
	teams[0] = team_of(1);
	teams[1] = team_of(THREADS);
	for (int id = 1; id < THREADS; id++)
		pthread_create(&threads[id], 0, life, (void *)(intptr_t)id);
	float *results[2];
	for (int which = 0; which < 2; which++) {
		float *A = matrix(1), *B = matrix(2), *C = matrix(3);
		/* Products that are told to be worth sharing, and a copy that depends on them. */
		const double list[] = { OP_GEMM, 13, 1e6, AT(C), AT(A), AT(B), 0, 0, SIDE, SIDE, SIDE, 0, 0,
					OP_COPY, 6,  1e6, AT(A), AT(C), SIDE * SIDE };
		for (int round = 0; round < ROUNDS; round++) {
			team_run(teams[which], list, sizeof list / sizeof *list);
			for (int i = 0; i < SIDE * SIDE; i++)
				A[i] = A[i] > 1 ? 1 / A[i] : A[i]; /* between jobs, memory is thread 0's */
		}
		results[which] = C;
	}
	team_close(teams[1]);
	for (int id = 1; id < THREADS; id++)
		pthread_join(threads[id], 0);
	const int differ = memcmp(results[0], results[1], SIDE * SIDE * sizeof(float)) != 0;
	printf("%d jobs on %d threads: %s\n", 2 * ROUNDS, THREADS, differ ? "other numbers" : "the same numbers");
	return differ;
}
