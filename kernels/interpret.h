/*
 * The command list: what src/engine/fast/commands.ts writes, read by every thread of a team in step.
 * A command is [op, words, work, arguments…], all doubles; `work` is roughly the nanoseconds it takes one thread.
 */
#ifndef NNT_INTERPRET_H
#define NNT_INTERPRET_H

#include "activations.h"
#include "augment.h"
#include "batches.h"
#include "elementwise.h"
#include "ensemble.h"
#include "gemm.h"
#include "losses.h"
#include "named.h"
#include "norms.h"
#include "optimizers.h"
#include "sums.h"
#include "texts.h"

#define HEAD_WORDS 3

static void run_command(Worker *w, const double *command)
{
	const double *arguments = command + HEAD_WORDS;
	switch ((enum op)command[0]) {
#define RUN_VERB(op, name) \
	case op: run_##name(w, arguments); break;
		EACH_OP(RUN_VERB)
	}
}

/** Multiply-adds per second: twelve independent sums, as a product's tile has them. Returns what they add up to. */
static float peak(long rounds)
{
	enum { SUMS = VL == 4 ? 8 : 12 };
	vf sums[SUMS];
	for (int i = 0; i < SUMS; i++)
		sums[i] = splat((float)i);
	const vf a = splat(0.999f), b = splat(0.001f);
	for (long r = 0; r < rounds; r++)
		UNROLL
	for (int i = 0; i < SUMS; i++)
		sums[i] = muladd(sums[i], a, b);
	float total = 0;
	for (int i = 0; i < SUMS; i++)
		total += sums[i][0];
	return total;
}
/** Floating-point operations of one round. */
#define PEAK_OPERATIONS (2.0 * VL * (VL == 4 ? 8 : 12))

#endif
