/*
 * The adaptive optimizers besides Adam, one pass over θ, its gradient and its state each, and what surrounds a
 * step: averages, penalties, max-norm. Formulas as in src/engine/reference/optimizers.ts and regularisation.ts.
 */
#ifndef NNT_ADAPTIVE_H
#define NNT_ADAPTIVE_H

#include "elementwise.h"

/** In the order of `adaptiveRules` in src/engine/fast/adaptive.ts, which also says what `c` holds. */
enum adaptive { ADAGRAD, ADADELTA, RMSPROP, NADAM, ADAMAX };

typedef struct {
	enum adaptive rule;
	float *theta;
	const float *gradient;
	/** State; absent parts are null. */
	float *a, *b, *m;
	long n;
	float decay, c[8];
} Adaptive;

/** g + λθ. */
#define DECAYED muladd(decay, t, GET(gradient))

INLINE void rmsprop_rule(Worker *w, const Adaptive *x, const int momentum, const int centered)
{
	float *const theta = x->theta, *const v = x->a, *const b = x->b, *const m = x->m;
	const float *const gradient = x->gradient;
	const vf decay = splat(x->decay), eta = splat(-x->c[0]), alpha = splat(x->c[1]), rest1 = splat(x->c[2]);
	const vf eps = splat(x->c[3]), mu = splat(x->c[4]);
	EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED;
	     const vf square = muladd(alpha, GET(v), rest1 * g * g); PUT(v, square); vf spread = square;
	     if (centered) {
		     const vf mean = muladd(alpha, GET(m), rest1 * g);
		     PUT(m, mean);
		     spread = vmax(splat(0), muladd(-mean, mean, square));
	     } vf d = g / (vsqrt(spread) + eps);
	     if (momentum) {
		     d = muladd(mu, GET(b), d);
		     PUT(b, d);
	     } PUT(theta, muladd(eta, d, t)));
}

static void adaptive(Worker *w, const Adaptive *x)
{
	float *const theta = x->theta, *const a = x->a, *const b = x->b;
	const float *const gradient = x->gradient;
	const vf decay = splat(x->decay), c0 = splat(x->c[0]), c1 = splat(x->c[1]), c2 = splat(x->c[2]),
		 c3 = splat(x->c[3]), c4 = splat(x->c[4]), c5 = splat(x->c[5]), c6 = splat(x->c[6]),
		 c7 = splat(x->c[7]);
	const long n = x->n;
	switch (x->rule) {
	case ADAGRAD: /* s += g²; θ −= ηg/(√s + ε) */
		EACH(w, n, const vf t = GET(theta); const vf g = DECAYED; const vf sum = muladd(g, g, GET(a));
		     PUT(a, sum); PUT(theta, t - c0 * g / (vsqrt(sum) + c1)));
		break;
	case ADADELTA: /* v = ρv + (1 − ρ)g²; Δ = g√(u + ε)/√(v + ε); u = ρu + (1 − ρ)Δ²; θ −= ηΔ */
		EACH(w, n, const vf t = GET(theta); const vf g = DECAYED;
		     const vf square = muladd(c1, GET(a), c2 * g * g);
		     const vf delta = g * vsqrt(GET(b) + c3) / vsqrt(square + c3); PUT(a, square);
		     PUT(b, muladd(c1, GET(b), c2 * delta * delta)); PUT(theta, muladd(-c0, delta, t)));
		break;
	case RMSPROP:
		if (x->b && x->m)
			rmsprop_rule(w, x, 1, 1);
		else if (x->b)
			rmsprop_rule(w, x, 1, 0);
		else if (x->m)
			rmsprop_rule(w, x, 0, 1);
		else
			rmsprop_rule(w, x, 0, 0);
		break;
	case NADAM: /* Adam's m and v; θ −= (a·g + b·m)/(√v·root + ε) */
		EACH(w, n, const vf t = GET(theta); const vf g = DECAYED;
		     const vf mean = muladd(c2, GET(a), c3 * g);
		     const vf square = muladd(c4, GET(b), c5 * g * g); PUT(a, mean); PUT(b, square);
		     PUT(theta, t - muladd(c0, g, c1 * mean) / muladd(vsqrt(square), c6, c7)));
		break;
	case ADAMAX: /* m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); θ −= η m/u */
		EACH(w, n, const vf t = GET(theta); const vf g = DECAYED;
		     const vf mean = muladd(c1, GET(a), c2 * g);
		     const vf largest = vmax(c3 * GET(b), vabs(g) + c4); PUT(a, mean); PUT(b, largest);
		     PUT(theta, t - c0 * mean / largest));
		break;
	}
}

/** Y += share·(X − Y); all of X for a share of 1. */
static void lerp(Worker *w, float *Y, const float *X, long n, float share_of_way)
{
	const vf part = splat(share_of_way);
	if (share_of_way == 1)
		EACH(w, n, PUT(Y, GET(X)));
	else
		EACH(w, n, const vf y = GET(Y); PUT(Y, muladd(part, GET(X) - y, y)));
}

/** g += l1·sign(θ) + l2·θ. */
static void penalize(Worker *w, float *g, const float *theta, long n, float l1, float l2)
{
	const vf one = splat(l1), two = splat(l2), zero = splat(0);
	EACH(w, n, const vf t = GET(theta);
	     const vf side = choose(t > zero, one, choose(t < zero, -one, zero * t));
	     PUT(g, GET(g) + muladd(two, t, side)));
}

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

#endif
