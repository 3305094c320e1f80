/*
 * Verbs that treat every element alone, or every column: activations, gather, dropout, sums over rows,
 * copies, clipping. Formulas as in src/engine/reference. Knows no layer.
 */
#ifndef NNT_ELEMENTWISE_H
#define NNT_ELEMENTWISE_H

#include "elementary.h"
#include "team.h"

/**
 * The statements for every vector of this worker's share of n elements: GET(p) reads p[i…], PUT(p, x) writes.
 * The last, shorter vector takes the same way with `rest` < VL elements, through memory of its own.
 */
#define EACH(w, n, ...)                             \
	do {                                        \
		long i, end;                        \
		share(w, n, LANES, &i, &end);       \
		for (; i + VL <= end; i += VL) {    \
			enum { rest = VL };         \
			__VA_ARGS__;                \
		}                                   \
		if (i < end) {                      \
			const long rest = end - i;  \
			__VA_ARGS__;                \
		}                                   \
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

/* ---- activations --------------------------------------------------------------------------------- */

/** In the order of `activationNames` in src/engine/fast/commands.ts. */
enum activation {
	IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, SOFTPLUS, HARD_SIGMOID, MISH
};

#define SELU_ALPHA 1.6732632423543772f
#define SELU_SCALE 1.0507009873554805f
#define SQRT_HALF 0.70710678118654752f
#define ONE_OVER_SQRT_2PI 0.39894228040143268f

/** Φ(z) = ½(1 + erf(z/√2)). */
INLINE vf normal_below(vf z) { return splat(0.5f) * (splat(1) + verf(z * splat(SQRT_HALF))); }

/** tanh(softplus(z)) = n/(n + 2) with n = e^z(e^z + 2); past z = 20 it is 1. */
INLINE vf mish_n(vf z)
{
	vf e = vexp(vmin(z, splat(20)));
	return e * (e + splat(2));
}

INLINE vf apply(const enum activation g, vf z, vf parameter)
{
	switch (g) {
	case IDENTITY: return z;
	case SIGMOID: return vsigmoid(z);
	case TANH: return vtanh(z);
	case RELU: return choose(z <= splat(0), splat(0), z);
	case LEAKY_RELU: return choose(z > splat(0), z, parameter * z);
	case ELU: return choose(z > splat(0), z, parameter * vexpm1(z));
	case SELU: return splat(SELU_SCALE) * choose(z > splat(0), z, splat(SELU_ALPHA) * vexpm1(z));
	case GELU: return z * normal_below(z);
	case SILU: return z * vsigmoid(z);
	case SOFTPLUS: return vsoftplus(z);
	case HARD_SIGMOID: {
		vf t = z + splat(3);
		t = choose(t < splat(0), splat(0), t);
		return choose(t > splat(6), splat(6), t) / splat(6);
	}
	case MISH: {
		vf n = mish_n(z);
		return z * (n / (n + splat(2)));
	}
	}
	return z;
}

/** g′(z), with a = g(z) where that is simpler (and z then may be a). */
INLINE vf slope(const enum activation g, vf z, vf a, vf parameter)
{
	switch (g) {
	case IDENTITY: return splat(1);
	case SIGMOID: return a * (splat(1) - a);
	case TANH: return muladd(-a, a, splat(1));
	case RELU: return choose(z > splat(0), splat(1), splat(0));
	case LEAKY_RELU: return choose(z > splat(0), splat(1), parameter);
	case ELU: return choose(z > splat(0), splat(1), parameter * vexp(z));
	case SELU:
		return splat(SELU_SCALE) * choose(z > splat(0), splat(1), splat(SELU_ALPHA) * vexp(z));
	case GELU: {
		vf density = splat(ONE_OVER_SQRT_2PI) * vexp(splat(-0.5f) * z * z);
		return muladd(z, density, normal_below(z));
	}
	case SILU: return vsigmoid(z) * (splat(1) + (z - a));
	case SOFTPLUS: return vsigmoid(z);
	case HARD_SIGMOID:
		return (vf)((vi)splat(1.0f / 6) & (z > splat(-3)) & (z < splat(3)));
	case MISH: {
		vf n = mish_n(z), m = n + splat(2);
		/* 1 − tanh² = 4(n + 1)/(n + 2)². */
		vf rest = splat(4) * (n + splat(1)) / (m * m);
		return muladd(z * rest, vsigmoid(z), n / m);
	}
	}
	return z;
}

/** Calls `run` with the activation as a constant, so that each has its own loop. */
#define EACH_ACTIVATION(run) \
	run(IDENTITY) run(SIGMOID) run(TANH) run(RELU) run(LEAKY_RELU) run(ELU) run(SELU) run(GELU) run(SILU) \
	run(SOFTPLUS) run(HARD_SIGMOID) run(MISH)

static void activate(Worker *w, float *A, const float *Z, enum activation g, long n, float p)
{
	const vf parameter = splat(p);
	switch (g) {
#define FORWARD(g) \
	case g: EACH(w, n, PUT(A, apply(g, GET(Z), parameter))); break;
		EACH_ACTIVATION(FORWARD)
	}
}

static void activate_backward(Worker *w, float *dZ, const float *dA, const float *Z, const float *A,
			      enum activation g, long n, float p)
{
	const vf parameter = splat(p);
	switch (g) {
#define BACKWARD(g) \
	case g: EACH(w, n, PUT(dZ, GET(dA) * slope(g, GET(Z), GET(A), parameter))); break;
		EACH_ACTIVATION(BACKWARD)
	}
}

/** In the order of `elementaryNames` in src/engine/fast/commands.ts. */
enum elementary { EXP, EXPM1, LOG, LOG1P_UNIT, ERF };

/** Y = f(X), for the tests of accuracy: in the verbs these functions only come composed. */
static void elementary(Worker *w, float *Y, const float *X, enum elementary f, long n)
{
	switch (f) {
	case EXP: EACH(w, n, PUT(Y, vexp(GET(X)))); break;
	case EXPM1: EACH(w, n, PUT(Y, vexpm1(GET(X)))); break;
	case LOG: EACH(w, n, PUT(Y, vlog(GET(X)))); break;
	case LOG1P_UNIT: EACH(w, n, PUT(Y, vlog1p_unit(GET(X)))); break;
	case ERF: EACH(w, n, PUT(Y, verf(GET(X)))); break;
	}
}

/* ---- whole buffers ------------------------------------------------------------------------------- */

static void fill(Worker *w, float *Y, long n, float value) { EACH(w, n, PUT(Y, splat(value))); }

static void copy(Worker *w, float *Y, const float *X, long n) { EACH(w, n, PUT(Y, GET(X))); }

static void add(Worker *w, float *C, const float *A, const float *B, long n)
{
	EACH(w, n, PUT(C, GET(A) + GET(B)));
}

static void clip_value(Worker *w, float *g, long n, float limit)
{
	const vf high = splat(limit), low = splat(-limit);
	/* Comparisons with NaN are false: NaN stays. */
	EACH(w, n, vf x = GET(g); x = choose(x > high, high, x); PUT(g, choose(x < low, low, x)));
}

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
			sum = sum + (rest == VL ? load(dZ + r * cols + j) : load_some(dZ + r * cols + j, rest));
		put(db + j, sum, rest);
	}
}

/* ---- batches ------------------------------------------------------------------------------------- */

/** Rows of a shuffled batch lie anywhere: the next is fetched while one is copied. */
INLINE void prefetch(const void *from, long bytes)
{
	for (long at = 0; at < bytes && at < 4096; at += 64)
		__builtin_prefetch((const char *)from + at);
}

static void gather_floats(Worker *w, float *X, const float *table, const int32_t *indices, long rows, long cols)
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
static void gather_bytes(Worker *w, float *X, const uint8_t *table, const int32_t *indices, long rows, long cols,
			 float scale, float shift)
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

/** Y = X + σ·ε, ε standard normal: of the 24 high bits, as a uniform number in (−1, 1) that is never 0. */
static void gaussian_noise(Worker *w, float *Y, const float *X, long n, float std, uint32_t k0, uint32_t k1)
{
	const vu key0 = (vu)splati((int32_t)k0), key1 = (vu)splati((int32_t)k1);
	const vf sigma = splat(std), unit = splat(1.0f / 8388608);
	EACH(w, n, vi high = (vi)random_bits(key0, key1, i) >> 8;
	     PUT(Y, muladd(sigma, vnormal((tofloat(high) + splat(0.5f)) * unit), GET(X))));
}

#endif
