/* A team of threads that share commands. Knows no kernel and no operating system. */
#ifndef NNT_TEAM_H
#define NNT_TEAM_H

#include <stdint.h>

typedef struct Team Team;

/** One thread's place among those that share a command, and its working memory. */
typedef struct {
	int id, count;
	/** Meetings that this thread has reached, or been told of. */
	int32_t meetings;
	Team *team;
	/** Private to the thread. */
	float *scratch;
	/** Of the whole team: what one thread writes, the others read after `team_meet`. */
	float *shared;
} Worker;

/** Floats in `scratch` and in `shared`. */
#define SCRATCH_FLOATS (256 * 1024)
#define SHARED_FLOATS (2 * 1024 * 1024)

/** Waits until every thread that shares the command is here. */
void team_meet(Worker *worker);

/** Share `id` of `count` things, in whole blocks of `block`: [*first, *last). */
static inline void share(const Worker *worker, long things, long block, long *first, long *last)
{
	long blocks = (things + block - 1) / block;
	long a = blocks * worker->id / worker->count * block;
	long b = blocks * (worker->id + 1) / worker->count * block;
	*first = a < things ? a : things;
	*last = b < things ? b : things;
}

#endif
