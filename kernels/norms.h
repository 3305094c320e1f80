/*
 * Batch and layer normalisation with their backward passes; formulas as in
 * src/engine/reference/normalisation.ts. Sums along columns run over the rows in order; sums along a row run
 * in 16 lanes, folded as `fold_lanes` says.
 */
#ifndef NNT_NORMS_H
#define NNT_NORMS_H

#include "elementwise.h"

typedef struct {
	float *Y;
	const float *X, *gamma, *beta;
	float eps;
	float *mean, *inverse_std;
	long rows, cols;
	/** Of batch_norm alone. */
	float *running_mean, *running_variance;
	float momentum;
	int training;
} Norm;

typedef struct {
	float *dX, *dGamma, *dBeta;
	const float *dY, *X, *gamma, *mean, *inverse_std;
	long rows, cols;
} NormBackward;

/** Like EACH, over this worker's columns; AT(p, r) reads row r of a matrix. */
#define EACH_COLUMN(w, cols, ...) EACH(w, cols, __VA_ARGS__)
#define AT(p, r) GET((p) + cols * (r))

static void batch_norm(Worker *w, const Norm *x)
{
	const long rows = x->rows, cols = x->cols;
	if (rows == 0)
		return;
	const vf count = splat((float)rows), spare = splat((float)(rows > 1 ? rows - 1 : 1));
	const vf momentum = splat(x->momentum), kept = splat(1) - momentum, one = splat(1);
	EACH_COLUMN(
		w, cols, vf mean, inverse; if (x->training) {
			vf sum = splat(0), squares = splat(0);
			for (long r = 0; r < rows; r++)
				sum = sum + AT(x->X, r);
			/* The mean twice: what is left of x − mean takes the first sum's rounding back out. */
			const vf about = sum / count;
			sum = splat(0);
			for (long r = 0; r < rows; r++)
				sum = sum + (AT(x->X, r) - about);
			mean = about + sum / count;
			for (long r = 0; r < rows; r++) {
				const vf d = AT(x->X, r) - mean;
				squares = muladd(d, d, squares);
			}
			inverse = one / vsqrt(squares / count + splat(x->eps));
			PUT(x->mean, mean);
			PUT(x->inverse_std, inverse);
			PUT(x->running_mean, muladd(momentum, mean, kept * GET(x->running_mean)));
			PUT(x->running_variance,
			    muladd(momentum, squares / spare, kept * GET(x->running_variance)));
		} else {
			mean = GET(x->running_mean);
			inverse = one / vsqrt(GET(x->running_variance) + splat(x->eps));
			PUT(x->mean, mean);
			PUT(x->inverse_std, inverse);
		} const vf gamma = GET(x->gamma);
		const vf beta = GET(x->beta); for (long r = 0; r < rows; r++) {
			PUT(x->Y + r * cols, muladd((AT(x->X, r) - mean) * inverse, gamma, beta));
		});
}

static void batch_norm_backward(Worker *w, const NormBackward *x)
{
	const long rows = x->rows, cols = x->cols;
	const vf count = splat((float)(rows ? rows : 1));
	EACH_COLUMN(
		w, cols, const vf mean = GET(x->mean), inverse = GET(x->inverse_std);
		vf sum = splat(0), sum_hat = splat(0); for (long r = 0; r < rows; r++) {
			const vf dY = AT(x->dY, r);
			sum = sum + dY;
			sum_hat = muladd(dY, (AT(x->X, r) - mean) * inverse, sum_hat);
		} PUT(x->dBeta, sum);
		PUT(x->dGamma, sum_hat);
		const vf scale = GET(x->gamma) * inverse, mean_dY = sum / count, mean_hat = sum_hat / count;
		for (long r = 0; r < rows; r++) {
			const vf hat = (AT(x->X, r) - mean) * inverse;
			PUT(x->dX + r * cols, scale * (muladd(-hat, mean_hat, AT(x->dY, r) - mean_dY)));
		});
}

/** Zeros behind the last of `rest` elements. */
INLINE vf cut(vf x, long rest)
{
	return rest == VL ? x : choose(iota() < splati((int32_t)rest), x, splat(0));
}
INLINE void clear(vf lanes[LANE_VECTORS])
{
	for (int v = 0; v < LANE_VECTORS; v++)
		lanes[v] = splat(0);
}

static void layer_norm(Worker *w, const Norm *x)
{
	const long cols = x->cols;
	const float count = (float)(cols ? cols : 1);
	EACH_ROW(w, x->rows, {
		const float *X = x->X + r * cols;
		float *Y = x->Y + r * cols;
		vf lanes[LANE_VECTORS];
		clear(lanes);
		EACH_LANE(cols, lanes[lane] = lanes[lane] + GET(X));
		const vf about = splat(fold_lanes(lanes) / count); /* as in batch_norm */
		clear(lanes);
		EACH_LANE(cols, lanes[lane] = lanes[lane] + cut(GET(X) - about, rest));
		const vf mean = about + splat(fold_lanes(lanes) / count);
		clear(lanes);
		EACH_LANE(cols, const vf d = cut(GET(X) - mean, rest);
			  lanes[lane] = muladd(d, d, lanes[lane]));
		const vf inverse = splat(1) / vsqrt(splat(fold_lanes(lanes) / count + x->eps));
		x->mean[r] = mean[0];
		x->inverse_std[r] = inverse[0];
		EACH_LANE(cols, PUT(Y, muladd((GET(X) - mean) * inverse, GET(x->gamma), GET(x->beta))));
	});
}

static void layer_norm_backward(Worker *w, const NormBackward *x)
{
	const long rows = x->rows, cols = x->cols;
	EACH_COLUMN(
		w, cols, vf sum = splat(0), sum_hat = splat(0); for (long r = 0; r < rows; r++) {
			const vf dY = AT(x->dY, r);
			sum = sum + dY;
			sum_hat = muladd(dY, (AT(x->X, r) - splat(x->mean[r])) * splat(x->inverse_std[r]),
					 sum_hat);
		} PUT(x->dBeta, sum);
		PUT(x->dGamma, sum_hat));
	team_meet(w); /* dX may be dY */
	const float count = (float)(cols ? cols : 1);
	EACH_ROW(w, rows, {
		const float *X = x->X + r * cols, *dY = x->dY + r * cols;
		float *dX = x->dX + r * cols;
		const vf mean = splat(x->mean[r]), inverse = splat(x->inverse_std[r]);
		vf sums[LANE_VECTORS], sums_hat[LANE_VECTORS];
		clear(sums);
		clear(sums_hat);
		EACH_LANE(cols, const vf d = GET(x->gamma) * GET(dY);
			  const vf hat = (GET(X) - mean) * inverse; sums[lane] = sums[lane] + d;
			  sums_hat[lane] = muladd(d, cut(hat, rest), sums_hat[lane]));
		const vf mean_d = splat(fold_lanes(sums) / count),
			 mean_hat = splat(fold_lanes(sums_hat) / count);
		EACH_LANE(cols, const vf hat = (GET(X) - mean) * inverse;
			  const vf d = GET(x->gamma) * GET(dY) - mean_d;
			  PUT(dX, inverse * muladd(-hat, mean_hat, d)));
	});
}

/** Y = γ ⊙ X/√(mean(X²) + ε) over each row. */
static void rms_norm(Worker *w, float *out, const float *in, const float *gamma, float eps, float *inverses,
		     long rows, long cols)
{
	const float count = (float)(cols ? cols : 1);
	EACH_ROW(w, rows, {
		const float *X = in + r * cols;
		float *Y = out + r * cols;
		vf lanes[LANE_VECTORS];
		clear(lanes);
		EACH_LANE(cols, const vf x = cut(GET(X), rest); lanes[lane] = muladd(x, x, lanes[lane]));
		const vf inverse = splat(1) / vsqrt(splat(fold_lanes(lanes) / count + eps));
		inverses[r] = inverse[0];
		EACH_LANE(cols, PUT(Y, GET(X) * inverse * GET(gamma)));
	});
}

static void rms_norm_backward(Worker *w, float *out, float *dGamma, const float *gradient, const float *in,
			      const float *gamma, const float *inverses, long rows, long cols)
{
	EACH_COLUMN(
		w, cols, vf sum = splat(0); for (long r = 0; r < rows; r++) {
			sum = muladd(AT(gradient, r), AT(in, r) * splat(inverses[r]), sum);
		} PUT(dGamma, sum));
	team_meet(w); /* dX may be dY */
	const float count = (float)(cols ? cols : 1);
	EACH_ROW(w, rows, {
		const float *X = in + r * cols, *dY = gradient + r * cols;
		float *dX = out + r * cols;
		const vf inverse = splat(inverses[r]);
		vf lanes[LANE_VECTORS];
		clear(lanes);
		EACH_LANE(cols, const vf d = GET(gamma) * GET(dY);
			  lanes[lane] = muladd(d, cut(GET(X) * inverse, rest), lanes[lane]));
		const vf mean = splat(fold_lanes(lanes) / count);
		EACH_LANE(cols, const vf d = GET(gamma) * GET(dY);
			  PUT(dX, inverse * muladd(-(GET(X) * inverse), mean, d)));
	});
}

VERB(batch_norm)
{
	const Norm x = { FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3),  FLOAT(4),	 FLOATS(5), FLOATS(6),
			 LONG(7),   LONG(8),   FLOATS(9), FLOATS(10), FLOAT(11), INT(12) };
	batch_norm(w, &x);
}

VERB(layer_norm)
{
	const Norm x = { FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOAT(4),
			 FLOATS(5), FLOATS(6), LONG(7),	  LONG(8) };
	layer_norm(w, &x);
}

/** Both backward passes take the same. */
INLINE NormBackward norm_backward(const double *a)
{
	return (NormBackward){ FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4),
			       FLOATS(5), FLOATS(6), FLOATS(7), LONG(8),   LONG(9) };
}

VERB(batch_norm_backward)
{
	const NormBackward x = norm_backward(a);
	batch_norm_backward(w, &x);
}

VERB(layer_norm_backward)
{
	const NormBackward x = norm_backward(a);
	layer_norm_backward(w, &x);
}

VERB(rms_norm) { rms_norm(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOAT(3), FLOATS(4), LONG(5), LONG(6)); }

VERB(rms_norm_backward)
{
	rms_norm_backward(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4), FLOATS(5), LONG(6),
			  LONG(7));
}

#endif
