/*
 * The command list: what src/engine/fast/commands.ts writes, read by every thread of a team in step.
 * A command is [op, words, work, arguments…], all doubles; addresses are byte addresses, 0 is none, and
 * `work` is roughly the nanoseconds it takes one thread.
 */
#ifndef NNT_INTERPRET_H
#define NNT_INTERPRET_H

#include "augment.h"
#include "adaptive.h"
#include "elementwise.h"
#include "ensemble.h"
#include "gemm.h"
#include "losses.h"
#include "norms.h"
#include "optimizers.h"

/** In the order of `ops` in src/engine/fast/commands.ts. */
enum op {
	OP_GEMM, OP_SUM_ROWS, OP_GATHER_FLOATS, OP_GATHER_BYTES, OP_ACTIVATE, OP_ACTIVATE_BACKWARD, OP_LOSS,
	OP_DROPOUT, OP_BATCH_NORM, OP_BATCH_NORM_BACKWARD, OP_LAYER_NORM, OP_LAYER_NORM_BACKWARD, OP_COPY, OP_ADD,
	OP_SGD, OP_ADAM, OP_CLIP_NORM, OP_CLIP_VALUE, OP_WARP, OP_ELASTIC, OP_ADAPTIVE,
	OP_LERP, OP_PENALIZE, OP_LIMIT_ROWS, OP_RMS_NORM, OP_RMS_NORM_BACKWARD, OP_ELEMENTARY,
	OP_SCALE_COLUMNS, OP_SUM_PRODUCTS, OP_AVERAGE, OP_GAUSSIAN_NOISE, OP_FILL
};

#define HEAD_WORDS 3
#define F(at) ((float *)(uintptr_t)a[at])
#define D(at) ((double *)(uintptr_t)a[at])
#define N(at) ((long)a[at])
#define X(at) ((float)a[at])

static void run_command(Worker *w, const double *command)
{
	const double *a = command + HEAD_WORDS;
	switch ((enum op)command[0]) {
	case OP_GEMM:
		gemm(w, F(0), F(1), F(2), F(3), (enum start)a[4], N(5), N(6), N(7), (int)a[8], (int)a[9]);
		break;
	case OP_SUM_ROWS: sum_rows(w, F(0), F(1), N(2), N(3)); break;
	case OP_GATHER_FLOATS: gather_floats(w, F(0), F(1), (int32_t *)F(2), N(3), N(4)); break;
	case OP_GATHER_BYTES:
		gather_bytes(w, F(0), (uint8_t *)F(1), (int32_t *)F(2), N(3), N(4), X(5), X(6));
		break;
	case OP_ACTIVATE: activate(w, F(0), F(1), (enum activation)a[2], N(3), X(4)); break;
	case OP_ACTIVATE_BACKWARD:
		activate_backward(w, F(0), F(1), F(2), F(3), (enum activation)a[4], N(5), X(6));
		break;
	case OP_LOSS: {
		const Loss x = { F(0), F(1), F(2), F(3), F(4),  D(5), (enum loss_rule)a[6],
				 X(7), N(8), N(9), F(10), N(11) };
		loss(w, &x);
		break;
	}
	case OP_DROPOUT: dropout(w, F(0), F(1), N(2), a[3], X(4), (uint32_t)a[5], (uint32_t)a[6]); break;
	case OP_GAUSSIAN_NOISE:
		gaussian_noise(w, F(0), F(1), N(2), X(3), (uint32_t)a[4], (uint32_t)a[5]);
		break;
	case OP_BATCH_NORM:
	case OP_LAYER_NORM: {
		const Norm x = { F(0), F(1), F(2), F(3), X(4),	F(5),	    F(6),
				 F(7), F(8), X(9), (int)a[10], N(11), N(12) };
		if ((enum op)command[0] == OP_BATCH_NORM)
			batch_norm(w, &x);
		else
			layer_norm(w, &x);
		break;
	}
	case OP_BATCH_NORM_BACKWARD:
	case OP_LAYER_NORM_BACKWARD: {
		const NormBackward x = { F(0), F(1), F(2), F(3), F(4), F(5), F(6), F(7), N(8), N(9) };
		if ((enum op)command[0] == OP_BATCH_NORM_BACKWARD)
			batch_norm_backward(w, &x);
		else
			layer_norm_backward(w, &x);
		break;
	}
	case OP_FILL: fill(w, F(0), N(1), X(2)); break;
	case OP_COPY: copy(w, F(0), F(1), N(2)); break;
	case OP_ADD: add(w, F(0), F(1), F(2), N(3)); break;
	case OP_SGD:
		sgd(w, F(0), F(1), F(2), N(3), X(4), X(5), X(6), X(7), (int)a[8], (int)a[9]);
		break;
	case OP_ADAM: {
		const Adam x = { F(0), F(2), F(3), F(4), F(1), N(5),  X(6),  X(7), X(8),
				 X(9), X(10), X(11), X(12), X(13), X(14) };
		adam(w, &x);
		break;
	}
	case OP_CLIP_NORM: clip_norm(w, F(0), N(1), a[2], D(3) + TOTAL_GRADIENT_NORM); break;
	case OP_ELEMENTARY: elementary(w, F(0), F(1), (enum elementary)a[2], N(3)); break;
	case OP_CLIP_VALUE: clip_value(w, F(0), N(1), X(2)); break;
	case OP_ADAPTIVE: {
		const Adaptive x = { (enum adaptive)a[0], F(1), F(2), F(3), F(4), F(5), N(6), X(7),
				     { X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15) } };
		adaptive(w, &x);
		break;
	}
	case OP_LERP: lerp(w, F(0), F(1), N(2), X(3)); break;
	case OP_PENALIZE: penalize(w, F(0), F(1), N(2), X(3), X(4)); break;
	case OP_LIMIT_ROWS: limit_rows(w, F(0), N(1), N(2), a[3]); break;
	case OP_RMS_NORM: rms_norm(w, F(0), F(1), F(2), X(3), F(4), N(5), N(6)); break;
	case OP_RMS_NORM_BACKWARD: rms_norm_backward(w, F(0), F(1), F(2), F(3), F(4), F(5), N(6), N(7)); break;
	case OP_SCALE_COLUMNS: scale_columns(w, F(0), F(1), F(2), F(3), N(4), N(5)); break;
	case OP_SUM_PRODUCTS: sum_products(w, F(0), F(1), F(2), N(3), N(4)); break;
	case OP_AVERAGE: average(w, F(0), F(1), (enum average)a[2], N(3), N(4), N(5)); break;
	case OP_WARP: warp(w, F(0), F(1), F(2), F(3), N(4), N(5), N(6), X(7)); break;
	case OP_ELASTIC:
		elastic(w, F(0), F(1), N(2), X(3), (uint32_t)a[4], (uint32_t)a[5], (uint32_t)a[6], N(7), N(8), N(9));
		break;
	}
}

#undef F
#undef D
#undef N
#undef X

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
