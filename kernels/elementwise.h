/*
 * Verbs that treat every element alone, or every row: copies, averages, penalties, clipping, dropout. Formulas as in
 * src/engine/reference. Knows no layer.
 */
#ifndef NNT_ELEMENTWISE_H
#define NNT_ELEMENTWISE_H

#include "command.h"
#include "elementary.h"
#include "parts.h"

/* ---- whole buffers ------------------------------------------------------------------------------- */

static void fill(Worker *w, float *Y, long n, float value) { EACH(w, n, PUT(Y, splat(value))); }

VERB(fill) { fill(w, FLOATS(0), LONG(1), FLOAT(2)); }

static void copy(Worker *w, float *Y, const float *X, long n) { EACH(w, n, PUT(Y, GET(X))); }

VERB(copy) { copy(w, FLOATS(0), FLOATS(1), LONG(2)); }

static void add(Worker *w, float *C, const float *A, const float *B, long n)
{
	EACH(w, n, PUT(C, GET(A) + GET(B)));
}

VERB(add) { add(w, FLOATS(0), FLOATS(1), FLOATS(2), LONG(3)); }

/** Y += share·(X − Y); all of X for a share of 1. */
static void lerp(Worker *w, float *Y, const float *X, long n, float share_of_way)
{
	const vf part = splat(share_of_way);
	if (share_of_way == 1)
		EACH(w, n, PUT(Y, GET(X)));
	else
		EACH(w, n, const vf y = GET(Y); PUT(Y, muladd(part, GET(X) - y, y)));
}

VERB(lerp) { lerp(w, FLOATS(0), FLOATS(1), LONG(2), FLOAT(3)); }

/** g += l1·sign(θ) + l2·θ. */
static void penalize(Worker *w, float *g, const float *theta, long n, float l1, float l2)
{
	const vf one = splat(l1), two = splat(l2), zero = splat(0);
	EACH(w, n, const vf t = GET(theta);
	     const vf side = choose(t > zero, one, choose(t < zero, -one, zero * t));
	     PUT(g, GET(g) + muladd(two, t, side)));
}

VERB(penalize) { penalize(w, FLOATS(0), FLOATS(1), LONG(2), FLOAT(3), FLOAT(4)); }

/** Every row of W ·= min(1, limit/‖row‖), its square summed in 64 bit in 16 lanes. */
static void limit_rows(Worker *w, float *W, long rows, long cols, double limit)
{
	EACH_ROW(w, rows, float *row = W + r * cols;
		 const double scale = limit / __builtin_sqrt(sum_of_squares(row, cols));
		 if (scale < 1) EACH_LANE(cols, PUT(row, GET(row) * splat((float)scale))));
}

VERB(limit_rows) { limit_rows(w, FLOATS(0), LONG(1), LONG(2), a[3]); }

static void clip_value(Worker *w, float *g, long n, float limit)
{
	const vf high = splat(limit), low = splat(-limit);
	/* Comparisons with NaN are false: NaN stays. */
	EACH(w, n, vf x = GET(g); x = choose(x > high, high, x); PUT(g, choose(x < low, low, x)));
}

VERB(clip_value) { clip_value(w, FLOATS(0), LONG(1), FLOAT(2)); }

/** Elements of one partial sum of squares. */
#define NORM_BLOCK 2048

/** g ·= min(1, max_norm/(‖g‖ + 1e-6)); the norm is summed in 64 bit, per block in 16 lanes, then over blocks. */
static void clip_norm(Worker *w, float *g, long n, double max_norm, double *norm)
{
	double *partial = (double *)w->shared;
	const long blocks = (n + NORM_BLOCK - 1) / NORM_BLOCK;
	EACH_ROW(w, blocks, const long left = n - r * NORM_BLOCK;
		 partial[r] = sum_of_squares(g + r * NORM_BLOCK, left < NORM_BLOCK ? left : NORM_BLOCK));
	team_meet(w);
	double squares = 0;
	for (long b = 0; b < blocks; b++)
		squares += partial[b];
	const double length = __builtin_sqrt(squares);
	if (w->id == 0)
		*norm = length;
	const double scale = max_norm / (length + 1e-6);
	if (scale < 1) {
		const vf factor = splat((float)scale);
		EACH(w, n, PUT(g, GET(g) * factor));
	}
}

VERB(clip_norm) { clip_norm(w, FLOATS(0), LONG(1), a[2], DOUBLES(3) + TOTAL_GRADIENT_NORM); }

/* ---- random changes ------------------------------------------------------------------------------ */

/** `mix32` of src/support/random.ts: the same bits. */
INLINE vu mix32(vu x)
{
	x = (x ^ (x >> 16)) * 0x7feb352du;
	x = (x ^ (x >> 15)) * 0x846ca68bu;
	return x ^ (x >> 16);
}

/** bits(key, i…) of src/support/random.ts. */
INLINE vu random_bits(vu key0, vu key1, long i)
{
	return mix32(mix32((vu)(iota() + splati((int32_t)i)) ^ key0) ^ key1);
}

/** Element i is dropped where bits(key, i) < threshold, a whole number up to 2³²; the others grow by `scale`. */
static void dropout(Worker *w, float *Y, const float *X, long n, double threshold, float scale, uint32_t k0,
		    uint32_t k1)
{
	if (threshold >= 4294967296.0) {
		EACH(w, n, PUT(Y, splat(0)));
		return;
	}
	const vu below = (vu)splati((int32_t)(uint32_t)threshold);
	const vu key0 = (vu)splati((int32_t)k0), key1 = (vu)splati((int32_t)k1);
	const vf factor = splat(scale);
	EACH(w, n, vu bits = random_bits(key0, key1, i);
	     PUT(Y, choose((vi)(bits < below), splat(0), GET(X) * factor)));
}

VERB(dropout) { dropout(w, FLOATS(0), FLOATS(1), LONG(2), a[3], FLOAT(4), BITS(5), BITS(6)); }

/** Y = X + σ·ε, ε standard normal: of the 24 high bits, as a uniform number in (−1, 1) that is never 0. */
static void gaussian_noise(Worker *w, float *Y, const float *X, long n, float std, uint32_t k0, uint32_t k1)
{
	const vu key0 = (vu)splati((int32_t)k0), key1 = (vu)splati((int32_t)k1);
	const vf sigma = splat(std), unit = splat(1.0f / 8388608);
	EACH(w, n, vi high = (vi)random_bits(key0, key1, i) >> 8;
	     PUT(Y, muladd(sigma, vnormal((tofloat(high) + splat(0.5f)) * unit), GET(X))));
}

VERB(gaussian_noise) { gaussian_noise(w, FLOATS(0), FLOATS(1), LONG(2), FLOAT(3), BITS(4), BITS(5)); }

#endif
