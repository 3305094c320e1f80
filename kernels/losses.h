/*
 * Losses of logits S [rows, n] against targets Y, their gradients for the mean over weighted rows, and sums
 * in 64 bit. Formulas as in src/engine/losses.ts. Vectors lie along the rows and sums over outputs
 * run in order, so that a row's numbers do not depend on its neighbours.
 */
#ifndef NNT_LOSSES_H
#define NNT_LOSSES_H

#include "command.h"
#include "elementary.h"
#include "parts.h"
#include "sums.h"

typedef struct {
	/** dS null: the gradient is not wanted; row_weights, weights null: all 1. */
	float *dS;
	const float *S, *Y, *row_weights, *weights;
	double *totals;
	enum loss_rule rule;
	float parameter;
	long rows, n;
	/** Widths of the outputs' parts, each with a softmax and a target of its own; null: one part. */
	const float *blocks;
	long block_count;
} Loss;

/** Targets are class numbers, one a row and block. */
INLINE int takes_classes(enum loss_rule rule) { return rule == CROSS_ENTROPY || rule == FOCAL; }

/** Outputs of an elementwise loss that are compared with one target: its quantiles. */
INLINE long outputs_per_target(const enum loss_rule rule, const Loss *x)
{
	return rule == QUANTILE && x->parameter >= 1 ? (long)x->parameter : 1;
}

/** Targets that a row has. */
INLINE long target_width(const Loss *x)
{
	if (takes_classes(x->rule))
		return x->block_count;
	return x->rule == GAUSSIAN_NLL ? x->n / 2 : x->n / outputs_per_target(x->rule, x);
}

/** Rows whose losses fit into the team's scratch at once: two floats each. */
#define LOSS_ROWS (SHARED_FLOATS / 2)

/** p[0], p[step], …: one element of `count` rows; the missing rows repeat row 0, so that nothing overflows. */
INLINE vf column(const float *p, long step, long count)
{
	if (count == VL) {
		if (step == 1)
			return load(p);
#if VL == 16
		const float *q = p + 8 * step;
		return (vf){ p[0],	  p[step],     p[2 * step], p[3 * step], p[4 * step], p[5 * step],
			     p[6 * step], p[7 * step], q[0],	    q[step],	 q[2 * step], q[3 * step],
			     q[4 * step], q[5 * step], q[6 * step], q[7 * step] };
#elif VL == 8
		return (vf){ p[0],	  p[step],     p[2 * step], p[3 * step],
			     p[4 * step], p[5 * step], p[6 * step], p[7 * step] };
#else
		return (vf){ p[0], p[step], p[2 * step], p[3 * step] };
#endif
	}
	float lanes[VL] __attribute__((aligned(VL * 4)));
	for (int i = 0; i < VL; i++)
		lanes[i] = p[i < count ? i * step : 0];
	return load(lanes);
}
static void store_some_apart(float *p, vf x, long step, long count)
{
	UNROLL
	for (int i = 0; i < VL; i++)
		if (i < count)
			p[i * step] = x[i];
}
INLINE void put_column(float *p, vf x, long step, long count)
{
	if (count == VL) {
		if (step == 1) {
			store(p, x);
			return;
		}
		UNROLL
		for (int i = 0; i < VL; i++)
			p[i * step] = x[i];
		return;
	}
	store_some_apart(p, x, step, count);
}
INLINE vf sign(vf x) { return choose(x > splat(0), splat(1), choose(x < splat(0), splat(-1), x * splat(0))); }

/** One output's loss, and ∂L/∂s. */
INLINE vf element_loss(const enum loss_rule rule, vf s, vf y, vf q, vf w, vf *gradient)
{
	const vf d = s - y, r = vabs(d), half = splat(0.5f), one = splat(1);
	switch (rule) {
	case BCE_WITH_LOGITS: {
		const vf l = muladd(w - one, y, one);
		*gradient = (one - y) - l * vsigmoid(-s);
		return muladd(one - y, s, l * vsoftplus(-s));
	}
	case MSE: *gradient = d + d; return d * d;
	case HALF_SQUARED_ERROR: *gradient = d; return half * d * d;
	case MAE: *gradient = sign(d); return r;
	case HUBER:
		*gradient = choose(d > q, q, choose(d < -q, -q, d));
		return choose(r <= q, half * r * r, q * muladd(-half, q, r));
	case SMOOTH_L1:
		*gradient = choose(r < q, d / q, sign(d));
		return choose(r < q, half * r * r / q, muladd(-half, q, r));
	case POISSON_NLL: {
		const vf e = vexp(s);
		*gradient = e - y;
		return muladd(-y, s, e);
	}
	case QUANTILE:
		*gradient = choose(y > s, -w, choose(y < s, one - w, d * splat(0)));
		return vmax(w * -d, (one - w) * d);
	default: *gradient = d; return d;
	}
}

/** Rows [first, last) of an elementwise loss: dS, and each row's loss and count of right labels. */
INLINE void element_rows(const enum loss_rule rule, const Loss *x, long first, long last, double share_of_one,
			 float *losses, float *right)
{
	const long n = x->n, per_target = outputs_per_target(rule, x), targets = n / per_target;
	const vf per_output = splat(rule == HALF_SQUARED_ERROR ? 1 : 1 / (float)n), q = splat(x->parameter);
	const vf scale = splat((float)share_of_one) * per_output;
	for (long r = first; r < last; r += VL) {
		const long count = last - r < VL ? last - r : VL;
		const vf row = x->row_weights ? scale * column(x->row_weights + r, 1, count) : scale;
		vf sum = splat(0), hits = splat(0);
		for (long j = 0; j < n; j++) {
			const vf s = column(x->S + r * n + j, n, count),
				 y = column(x->Y + r * targets + j / per_target, targets, count);
			const vf w = splat(x->weights ? x->weights[j] : 1);
			vf gradient;
			sum = sum + element_loss(rule, s, y, q, w, &gradient);
			if (rule == BCE_WITH_LOGITS)
				hits = hits + choose((s > splat(0)) ^ (y > splat(0.5f)), splat(0), splat(1));
			if (x->dS)
				put_column(x->dS + r * n + j, row * gradient, n, count);
		}
		put_column(losses + r, sum * per_output, 1, count);
		put_column(right + r, hits, 1, count);
	}
}

/** Outputs are means, then as many logarithms v of variances: L = ½(v + (s − y)²/e^v), v at least `parameter`. */
static void gaussian_rows(const Loss *x, long first, long last, double share_of_one, float *losses,
			  float *right)
{
	const long n = x->n, targets = n / 2;
	const vf half = splat(0.5f), least = splat(x->parameter), per_target = splat(1 / (float)targets);
	const vf scale = splat((float)share_of_one) * per_target;
	for (long r = first; r < last; r += VL) {
		const long count = last - r < VL ? last - r : VL;
		const vf row = x->row_weights ? scale * column(x->row_weights + r, 1, count) : scale;
		vf sum = splat(0);
		for (long j = 0; j < targets; j++) {
			const float *S = x->S + r * n + j;
			const vf d = column(S, n, count) - column(x->Y + r * targets + j, targets, count);
			const vf given = column(S + targets, n, count);
			const vf v = choose(given < least, least, given), precision = vexp(-v);
			const vf surprise = d * d * precision;
			sum = muladd(half, v + surprise, sum);
			if (!x->dS)
				continue;
			const vf dv = choose(given < least, splat(0), half * (splat(1) - surprise));
			put_column(x->dS + r * n + j, row * d * precision, n, count);
			put_column(x->dS + r * n + targets + j, row * dv, n, count);
		}
		put_column(losses + r, sum * per_target, 1, count);
		put_column(right + r, splat(0), 1, count);
	}
}

/** q^γ with q = 1 − e^(−l), and what ∂/∂s then is beside that of l: q^γ(1 + γ(1 − q)l/q). */
INLINE vf focus(vf l, float gamma, vf *steeper)
{
	const vf q = -vexpm1(-l), zero = splat(0), one = splat(1);
	const vi some = q > zero;
	const vf power =
		gamma == 0 ? one : choose(some, vexp(splat(gamma) * vlog(choose(some, q, one))), zero);
	*steeper = power * muladd(splat(gamma) * (one - q), choose(some, l / q, one), one);
	return power;
}

/** Of block number `block`: the `n` outputs from number `from` on. Adds to the sums of the blocks before. */
static void cross_entropy_block(const Loss *x, long block, long from, long n, long first, long last,
				double share_of_one, float *losses, float *right)
{
	const long width = x->n, targets = x->block_count;
	const int focal = x->rule == FOCAL;
	const float smoothing = focal ? 0 : x->parameter;
	float sum_of_weights = 0;
	for (long j = 0; j < n; j++)
		sum_of_weights += x->weights ? x->weights[j] : 1;
	const vf hard_share = splat(1 - smoothing), smooth_share = splat(smoothing / (float)n);
	for (long r = first; r < last; r += VL) {
		const long count = last - r < VL ? last - r : VL;
		const float *S = x->S + r * width + from;
		const vf target = column(x->Y + r * targets + block, targets, count);
		vf top = column(S, width, count), largest = splat(0);
		for (long j = 1; j < n; j++) {
			const vf s = column(S + j, width, count);
			const vi more = s > top;
			top = choose(more, s, top);
			largest = choose(more, splat((float)j), largest);
		}
		/* Σ e^(s − top), and the target's and the weighted sum of top − s. */
		vf sum = splat(0), target_gap = splat(0), target_weight = splat(0), gaps = splat(0);
		for (long j = 0; j < n; j++) {
			const vf gap = top - column(S + j, width, count);
			const float wj = x->weights ? x->weights[j] : 1;
			const vi here = target == splat((float)j);
			const vf e = vexp(-gap);
			sum = sum + e;
			target_gap = choose(here, gap, target_gap);
			target_weight = choose(here, splat(wj), target_weight);
			if (smoothing != 0)
				gaps = muladd(splat(wj), gap, gaps);
			if (x->dS)
				put_column(x->dS + r * width + from + j, e, width, count);
		}
		const vf log_sum = vlog(sum), l = target_gap + log_sum, hard = target_weight * l;
		vf L = hard, steeper = splat(1);
		if (focal)
			L = hard * focus(l, x->parameter, &steeper);
		if (smoothing != 0)
			L = muladd(smooth_share, muladd(splat(sum_of_weights), log_sum, gaps),
				   hard_share * hard);
		vf hit = choose(largest == target, splat(1), splat(0));
		if (block > 0) {
			L = column(losses + r, 1, count) + L;
			hit = column(right + r, 1, count) + hit;
		}
		put_column(losses + r, L, 1, count);
		put_column(right + r, hit, 1, count);
		if (!x->dS)
			continue;
		vf row = splat((float)share_of_one);
		if (x->row_weights)
			row = row * column(x->row_weights + r, 1, count);
		const vf inverse = splat(1) / sum;
		const vf own = hard_share * target_weight * steeper;
		for (long j = 0; j < n; j++) {
			float *at = x->dS + r * width + from + j;
			const vf p = column(at, width, count) * inverse;
			const vf one = choose(target == splat((float)j), splat(1), splat(0));
			vf d = own * (p - one);
			if (smoothing != 0) {
				const float wj = x->weights ? x->weights[j] : 1;
				d = muladd(smooth_share, muladd(p, splat(sum_of_weights), splat(-wj)), d);
			}
			put_column(at, row * d, width, count);
		}
	}
}

/** A row's loss is the sum over its blocks. */
static void cross_entropy_rows(const Loss *x, long first, long last, double share_of_one, float *losses,
			       float *right)
{
	for (long block = 0, from = 0; block < x->block_count; block++) {
		const long n = x->blocks ? (long)x->blocks[block] : x->n;
		cross_entropy_block(x, block, from, n, first, last, share_of_one, losses, right);
		from += n;
	}
}

INLINE float row_weight(const Loss *x, long r) { return x->row_weights ? x->row_weights[r] : 1; }
/** A row's weight in the mean: its own, times its class's in cross-entropy. */
INLINE double weight_in_mean(const Loss *x, long r)
{
	double weight = row_weight(x, r);
	if (takes_classes(x->rule) && x->weights)
		weight *= x->weights[(long)x->Y[r]];
	return weight;
}

static void loss(Worker *w, const Loss *x)
{
	double weight = 0;
	if (x->row_weights || (takes_classes(x->rule) && x->weights))
		for (long r = 0; r < x->rows; r++)
			weight += weight_in_mean(x, r);
	else
		weight = (double)x->rows;
	const double one = weight > 0 ? 1 / weight : 0;
	if (w->id == 0) {
		x->totals[TOTAL_WEIGHT] += weight;
		x->totals[TOTAL_ROWS] += (double)x->rows;
	}
	float *losses = w->shared, *right = w->shared + LOSS_ROWS;
	for (long at = 0; at < x->rows; at += LOSS_ROWS) {
		Loss part = *x;
		part.rows = x->rows - at < LOSS_ROWS ? x->rows - at : LOSS_ROWS;
		part.S += at * x->n;
		part.Y += at * target_width(x);
		if (part.dS)
			part.dS += at * x->n;
		if (part.row_weights)
			part.row_weights += at;
		long first, last;
		share(w, part.rows, LANES, &first, &last);
		switch (x->rule) {
		case GAUSSIAN_NLL: gaussian_rows(&part, first, last, one, losses, right); break;
		case FOCAL:
		case CROSS_ENTROPY: cross_entropy_rows(&part, first, last, one, losses, right); break;
#define ELEMENT_LOSS(rule) \
	case rule: element_rows(rule, &part, first, last, one, losses, right); break;
			EACH_ELEMENTWISE_LOSS(ELEMENT_LOSS)
		}
		team_meet(w);
		add_rows(w, x->totals, losses, right, part.row_weights, part.rows);
		if (at + LOSS_ROWS < x->rows)
			team_meet(w);
	}
}

VERB(loss)
{
	const Loss x = {
		FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3),  FLOATS(4), DOUBLES(5), (enum loss_rule)a[6],
		FLOAT(7),  LONG(8),   LONG(9),	 FLOATS(10), LONG(11)
	};
	loss(w, &x);
}

#endif
