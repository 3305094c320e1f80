/*
 * Verbs that treat every element alone, or every row or column: copies, averages, penalties, clipping, sums over
 * rows, gather, dropout. Formulas as in src/engine/reference. Knows no layer.
 */
#ifndef NNT_ELEMENTWISE_H
#define NNT_ELEMENTWISE_H

#include "command.h"
#include "elementary.h"

/**
 * The statements for every vector of this worker's share of n elements: GET(p) reads p[i…], PUT(p, x) writes.
 * The last, shorter vector runs the same statements with `rest` < VL elements, through a buffer.
 */
#define EACH(w, n, ...)                            \
	do {                                       \
		long i, end;                       \
		share(w, n, LANES, &i, &end);      \
		for (; i + VL <= end; i += VL) {   \
			enum { rest = VL };        \
			__VA_ARGS__;               \
		}                                  \
		if (i < end) {                     \
			const long rest = end - i; \
			__VA_ARGS__;               \
		}                                  \
	} while (0)
#define GET(p) (rest == VL ? load((p) + i) : load_some((p) + i, rest))
#define PUT(p, x) put((p) + i, x, rest)
INLINE void put(float *p, vf x, const long rest)
{
	if (rest == VL)
		store(p, x);
	else
		store_some(p, x, rest);
}

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
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		float *row = W + r * cols;
		double lanes[LANES] = { 0 };
		for (long j = 0; j < cols; j++)
			lanes[j % LANES] += (double)row[j] * (double)row[j];
		for (int half = LANES / 2; half; half /= 2)
			for (int l = 0; l < half; l++)
				lanes[l] += lanes[l + half];
		const double scale = limit / __builtin_sqrt(lanes[0]);
		if (!(scale < 1))
			continue;
		for (long j = 0; j < cols; j++)
			row[j] *= (float)scale;
	}
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
	long first, last;
	share(w, blocks, 1, &first, &last);
	for (long b = first; b < last; b++) {
		double lanes[LANES] = { 0 };
		const long end = n < (b + 1) * NORM_BLOCK ? n : (b + 1) * NORM_BLOCK;
		long i = b * NORM_BLOCK;
		for (; i + LANES <= end; i += LANES)
			for (int l = 0; l < LANES; l++)
				lanes[l] += (double)g[i + l] * (double)g[i + l];
		for (int l = 0; i + l < end; l++)
			lanes[l] += (double)g[i + l] * (double)g[i + l];
		for (int half = LANES / 2; half; half /= 2)
			for (int l = 0; l < half; l++)
				lanes[l] += lanes[l + half];
		partial[b] = lanes[0];
	}
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

/** db = Σ_rows dZ, rows in order; vectors lie along the columns. */
static void sum_rows(Worker *w, float *db, const float *dZ, long rows, long cols)
{
	long j, end;
	share(w, cols, LANES, &j, &end);
	for (; j + 4 * VL <= end; j += 4 * VL) {
		vf sum[4] = { splat(0), splat(0), splat(0), splat(0) };
		for (long r = 0; r < rows; r++)
			for (int v = 0; v < 4; v++)
				sum[v] = sum[v] + load(dZ + r * cols + j + v * VL);
		for (int v = 0; v < 4; v++)
			store(db + j + v * VL, sum[v]);
	}
	for (; j < end; j += VL) {
		const long rest = end - j < VL ? end - j : VL;
		vf sum = splat(0);
		for (long r = 0; r < rows; r++)
			sum = sum +
			      (rest == VL ? load(dZ + r * cols + j) : load_some(dZ + r * cols + j, rest));
		put(db + j, sum, rest);
	}
}

VERB(sum_rows) { sum_rows(w, FLOATS(0), FLOATS(1), LONG(2), LONG(3)); }

/* ---- batches ------------------------------------------------------------------------------------- */

/** Rows of a shuffled batch lie anywhere: the next is fetched while one is copied. */
INLINE void prefetch(const void *from, long bytes)
{
	for (long at = 0; at < bytes && at < 4096; at += 64)
		__builtin_prefetch((const char *)from + at);
}

static void gather_floats(Worker *w, float *X, const float *table, const int32_t *indices, long rows,
			  long cols)
{
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		const float *from = table + (uintptr_t)indices[r] * (uintptr_t)cols;
		if (r + 1 < last)
			prefetch(table + (uintptr_t)indices[r + 1] * (uintptr_t)cols, 4 * cols);
		float *to = X + r * cols;
		long j = 0;
		for (; j + VL <= cols; j += VL)
			store(to + j, load(from + j));
		for (; j < cols; j++)
			to[j] = from[j];
	}
}

/** Bytes become byte · scale + shift. */
static void gather_bytes(Worker *w, float *X, const uint8_t *table, const int32_t *indices, long rows,
			 long cols, float scale, float shift)
{
	const vf a = splat(scale), b = splat(shift);
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		const uint8_t *from = table + (uintptr_t)indices[r] * (uintptr_t)cols;
		if (r + 1 < last)
			prefetch(table + (uintptr_t)indices[r + 1] * (uintptr_t)cols, cols);
		float *to = X + r * cols;
		long j = 0;
		for (; j + VL <= cols; j += VL)
			store(to + j, muladd(bytes_to_float(from + j), a, b));
		if (j < cols) {
			uint8_t some[VL] = { 0 };
			for (long i = 0; i < VL && i < cols - j; i++)
				some[i] = from[j + i];
			store_some(to + j, muladd(bytes_to_float(some), a, b), cols - j);
		}
	}
}

VERB(gather)
{
	const int of_bytes = INT(0);
	if (of_bytes)
		gather_bytes(w, FLOATS(1), BYTES(2), INTS(3), LONG(4), LONG(5), FLOAT(6), FLOAT(7));
	else
		gather_floats(w, FLOATS(1), FLOATS(2), INTS(3), LONG(4), LONG(5));
}

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
