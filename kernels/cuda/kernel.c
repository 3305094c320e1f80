/*
 * The program of the card: every block reads the command list that a team on processors reads (kernels/interpret.h),
 * as kernels/cuda/layout.h lays it out. Compiled to PTX by kernels/build-cuda.js, and by any C compiler for the
 * emulation.
 */
#define NNT_CARD
#include "device.h"
#include "team.h"
#include "parts.h"
#include "gemm.h"
#include "batches.h"
#include "sums.h"
#include "augment.h"
#include "named.h"
#include "../interpret.h"

#define VERB_APART(op, name)                                    \
	APART void apart_##name(const SHARED double *arguments) \
	{                                                       \
		Worker w = this_worker();                       \
		run_##name(&w, (const double *)arguments);      \
	}
EACH_OP(VERB_APART)

INLINE void run_verb(const SHARED double *command)
{
	const SHARED double *arguments = command + HEAD_WORDS;
	switch ((enum op)command[0]) {
#define RUN_APART(op, name) \
	case op: apart_##name(arguments); break;
		EACH_OP(RUN_APART)
	}
}

/**
 * Runs a list of `words` doubles. All blocks of the launch are there at once, and `arrivals` is 0; `shared` is
 * SHARED_FLOATS of the grid's own.
 */
void run_list(const GLOBAL double *list, int words, GLOBAL float *shared, GLOBAL uint32_t *arrivals)
{
	const GLOBAL double *const end = list + words;
	if (tid() < MOST_WORDS)
		COMMANDS(0)[tid()] = list[tid()];
	if (tid() == 0)
		*LAUNCH = (Launch){ .shared = shared, .arrivals = arrivals };
	BARRIER();
	LOOP(int turn = 0; list < end; turn ^= 1)
	{
		const SHARED double *command = COMMANDS(turn);
		list += (int)command[1];
		/* The next command comes while this one runs. */
		const double coming = tid() < MOST_WORDS ? list[tid()] : 0;
		if ((int)command[2] & MEET)
			team_meet(0);
		run_verb(command);
		if (tid() < MOST_WORDS)
			COMMANDS(turn ^ 1)[tid()] = coming;
		BARRIER();
	}
}
