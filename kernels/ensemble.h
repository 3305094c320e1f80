/*
 * Verbs of ensembles in one network: columns scaled by a member's own vectors, and the mean of what members
 * answer. Formulas as in src/engine/reference/ensembles.ts. Knows no layer.
 */
#ifndef NNT_ENSEMBLE_H
#define NNT_ENSEMBLE_H

#include "losses.h"
#include "norms.h"

/** Y = X ∘ a + b, row vectors over every row; b null: no shift. Y may be X. */
static void scale_columns(Worker *w, float *Y, const float *X, const float *a, const float *b, long rows,
			  long cols)
{
	EACH_IN_ROWS(w, rows, cols, const float *x = X + r * cols; float *y = Y + r * cols;
		     const vf scale = GET(a), from = GET(x);
		     PUT(y, b ? muladd(from, scale, GET(b)) : from * scale));
}

VERB(scale_columns) { scale_columns(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), LONG(4), LONG(5)); }

/** s = Σ_rows A ∘ B, rows in order; vectors lie along the columns. */
static void sum_products(Worker *w, float *s, const float *A, const float *B, long rows, long cols)
{
	EACH_COLUMN(w, cols, vf sum = splat(0);
		    for (long r = 0; r < rows; r++) sum = muladd(AT(A, r), AT(B, r), sum); PUT(s, sum));
}

VERB(sum_products) { sum_products(w, FLOATS(0), FLOATS(1), FLOATS(2), LONG(3), LONG(4)); }

/** s − logsumexp(s) in every row, in place. */
static void log_softmax(Worker *w, float *P, long rows, long n)
{
	long first, last;
	share(w, rows, LANES, &first, &last);
	for (long r = first; r < last; r += VL) {
		const long count = last - r < VL ? last - r : VL;
		float *S = P + r * n;
		vf top = column(S, n, count), sum = splat(0);
		for (long j = 1; j < n; j++)
			top = vmax(column(S + j, n, count), top);
		for (long j = 0; j < n; j++)
			sum = sum + vexp(column(S + j, n, count) - top);
		const vf log_sum = top + vlog(sum);
		for (long j = 0; j < n; j++)
			put_column(S + j, column(S + j, n, count) - log_sum, n, count);
	}
}

/** What is summed of an output p: e^p, or e^p/(1 + e^p), or 1/(1 + e^p). */
enum summand { POWER, SIGMOID_OF, ONE_MINUS_SIGMOID_OF };

INLINE vf log_of(const enum summand f, vf p)
{
	return f == POWER ? p : f == SIGMOID_OF ? -vsoftplus(-p) : -vsoftplus(p);
}

/** Element i's output of member m. */
INLINE vf member(const float *P, long size, long m, long i, const long rest) { return GET(P + m * size); }

/** log Σ_m f(p_m), with the largest summand taken out so that nothing overflows. */
INLINE vf log_sum(const enum summand f, const float *P, long size, long k, long i, const long rest)
{
	vf top = log_of(f, member(P, size, 0, i, rest)), sum = splat(0);
	for (long m = 1; m < k; m++)
		top = vmax(log_of(f, member(P, size, m, i, rest)), top);
	for (long m = 0; m < k; m++)
		sum = sum + vexp(log_of(f, member(P, size, m, i, rest)) - top);
	return top + vlog(sum);
}

/** Variances are counted in units of at least e to this power, so that a distance over them is finite. */
#define LEAST_LOG_UNIT (-40.0f)

/**
 * Mean and logarithm of the variance of a mixture of normal distributions; means before log-variances. Variances
 * are counted in units of the largest, so that none overflows.
 */
static void average_gaussians(Worker *w, float *S, const float *P, long k, long rows, long n)
{
	const long targets = n / 2, size = rows * n;
	const vf share_of_one = splat(1 / (float)k);
	long first, last;
	share(w, rows, LANES, &first, &last);
	for (long r = first; r < last; r += VL) {
		const long count = last - r < VL ? last - r : VL;
		for (long j = 0; j < targets; j++) {
			const float *at = P + r * n + j;
			vf mean = splat(0), variance = splat(0), unit = splat(LEAST_LOG_UNIT);
			for (long m = 0; m < k; m++) {
				mean = mean + column(at + m * size, n, count);
				unit = vmax(column(at + m * size + targets, n, count), unit);
			}
			mean = mean * share_of_one;
			const vf per_unit = vexp(-unit);
			for (long m = 0; m < k; m++) {
				const vf d = column(at + m * size, n, count) - mean;
				const vf own = vexp(column(at + m * size + targets, n, count) - unit);
				variance = variance + muladd(d * d, per_unit, own);
			}
			/* The smallest normal number: its logarithm is finite. */
			variance = vmax(variance * share_of_one, splat(1.17549435e-38f));
			put_column(S + r * n + j, mean, n, count);
			put_column(S + r * n + targets + j, unit + vlog(variance), n, count);
		}
	}
}

/** S [rows, n] is the output whose meaning is the mean of that of k members' outputs P [k·rows, n]; P is used up. */
static void average(Worker *w, float *S, float *P, enum average kind, long k, long rows, long n)
{
	const long size = rows * n;
	const vf log_k = vlog(splat((float)k));
	if (kind == SOFTMAX_MEAN && n > 0) {
		log_softmax(w, P, k * rows, n);
		team_meet(w);
	}
	switch (kind) {
	case IDENTITY_MEAN:
		EACH(w, size, vf sum = splat(0);
		     for (long m = 0; m < k; m++) sum = sum + member(P, size, m, i, rest);
		     PUT(S, sum * splat(1 / (float)k)));
		break;
	case EXP_MEAN:
	case SOFTMAX_MEAN: EACH(w, size, PUT(S, log_sum(POWER, P, size, k, i, rest) - log_k)); break;
	case SIGMOID_MEAN:
		EACH(w, size, const vf is = log_sum(SIGMOID_OF, P, size, k, i, rest);
		     PUT(S, is - log_sum(ONE_MINUS_SIGMOID_OF, P, size, k, i, rest)));
		break;
	case GAUSSIAN_MEAN: average_gaussians(w, S, P, k, rows, n); break;
	}
}

VERB(average) { average(w, FLOATS(0), FLOATS(1), (enum average)a[2], LONG(3), LONG(4), LONG(5)); }

#endif
