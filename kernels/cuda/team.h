/*
 * All threads of a card as the team that shares a command: kernels/team.h for a grid of blocks, which are all there at
 * once and meet at a counter. Knows no kernel.
 */
#ifndef NNT_TEAM_H
#define NNT_TEAM_H

#include "device.h"

typedef struct {
	/** Warps of all blocks take turns, so that little work still reaches every block. */
	int id, count;
	/** Of the whole grid: what one thread writes, the others read after `team_meet`. */
	float *shared;
} Worker;

/** Floats in `shared`. */
#define SHARED_FLOATS (2 * 1024 * 1024)

/** What the threads of a block know of the launch; in the block's memory, so that it takes no registers. */
typedef struct {
	GLOBAL float *shared;
	/** Counts the blocks that have come to a meeting. */
	GLOBAL uint32_t *arrivals;
	uint32_t meetings;
	/** Tiles that the blocks have taken since they met, so that the next command's begin with an idle block. */
	int turn;
} Launch;
#define LAUNCH ((SHARED Launch *)block_memory)
#define LAUNCH_FLOATS 8

INLINE Worker this_worker(void)
{
	return (Worker){
		.id = ((tid() >> 5) * grid() + bid()) * 32 + (tid() & 31),
		.count = NT * grid(),
		.shared = (float *)LAUNCH->shared,
	};
}

/** Waits until every thread of the grid is here; what any of them has written before, all see. */
INLINE void team_meet(Worker *w)
{
	(void)w;
	BARRIER();
	if (tid() == 0) {
		SHARED Launch *launch = LAUNCH;
		const uint32_t goal = (launch->meetings + 1) * (uint32_t)grid();
		launch->meetings++;
		launch->turn = 0;
		arrive(launch->arrivals);
		while ((int32_t)(look(launch->arrivals) - goal) < 0)
			;
		acquire();
	}
	BARRIER();
}

/** As in kernels/team.h, in blocks of one vector at most: there are many threads. */
INLINE void share(const Worker *w, long things, long block, long *first, long *last)
{
	const long whole = block < VL ? block : VL, blocks = (things + whole - 1) / whole;
	const long a = blocks * w->id / w->count * whole, b = blocks * (w->id + 1) / w->count * whole;
	*first = a < things ? a : things;
	*last = b < things ? b : things;
}

/** The first tile of this block: blocks that the tiles before have left idle come first. */
INLINE int first_tile(void) { return (bid() + grid() - LAUNCH->turn) % grid(); }
/** Says how many tiles this command had. All have called `first_tile`, and meet before the next call. */
INLINE void took_tiles(int tiles)
{
	if (tid() == 0)
		LAUNCH->turn = (LAUNCH->turn + tiles) % grid();
}

#endif
