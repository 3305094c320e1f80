/*
 * The rules of the optimizers: one pass over θ, its gradient and its state each. Formulas, and what the scalars
 * are, as in src/engine/optimizers.ts.
 */
#ifndef NNT_OPTIMIZERS_H
#define NNT_OPTIMIZERS_H

#include "elementwise.h"

typedef struct {
	float *theta;
	const float *gradient;
	/** State; parts that the settings do without are null. */
	float *slots[3];
	long n;
	/** Scalars in 64 bit: what is derived from them is rounded once. */
	const double *c;
} Step;

/** A scalar in every lane. */
#define ALL(scalar) splat((float)(scalar))
/** g + λθ. */
#define DECAYED muladd(decay, t, GET(gradient))

/** v = μv + (1 − τ)(g + λθ), the first time g + λθ itself; θ −= ηv, or with Nesterov η(g + λθ + μv). */
static void sgd(Worker *w, const Step *x)
{
	const double *c = x->c;
	float *const theta = x->theta, *const velocity = x->slots[0];
	const float *const gradient = x->gradient;
	const int nesterov = c[SGD_NESTEROV] != 0, first = c[SGD_FIRST] != 0;
	const vf eta = ALL(-c[SGD_LR]), decay = ALL(c[SGD_DECAY]), mu = ALL(c[SGD_MOMENTUM]);
	const vf part = ALL(1 - c[SGD_DAMPENING]);
	if (velocity)
		EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED;
		     const vf v = first ? g : muladd(mu, GET(velocity), part * g); PUT(velocity, v);
		     PUT(theta, muladd(eta, nesterov ? muladd(mu, v, g) : v, t)));
	else if ((float)c[SGD_DECAY] != 0)
		EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED; PUT(theta, muladd(eta, g, t)));
	else
		EACH(w, x->n, PUT(theta, muladd(eta, GET(gradient), GET(theta))));
}

/** m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; θ −= step·m/(√v·root + ε); AMSGrad: the largest v. */
INLINE void adam_rule(Worker *w, const Step *x, const int decays, const int amsgrad)
{
	const double *c = x->c;
	float *const theta = x->theta, *const m = x->slots[0], *const v = x->slots[1],
		     *const largest = x->slots[2];
	const float *const gradient = x->gradient;
	const vf shrink = ALL(c[ADAM_SHRINK]), decay = ALL(c[ADAM_DECAY]), eps = ALL(c[ADAM_EPS]);
	const vf step = ALL(-c[ADAM_LR] / c[ADAM_CORRECTION1]);
	const vf root = ALL(1 / __builtin_sqrt(c[ADAM_CORRECTION2]));
	const vf beta1 = ALL(c[ADAM_BETA1]), rest1 = ALL(1 - c[ADAM_BETA1]);
	const vf beta2 = ALL(c[ADAM_BETA2]), rest2 = ALL(1 - c[ADAM_BETA2]);
	EACH(
		w, x->n, vf t = GET(theta); vf g = GET(gradient); if (decays) {
			g = muladd(decay, t, g);
			t = shrink * t;
		} const vf mean = muladd(beta1, GET(m), rest1 * g);
		vf square = muladd(beta2, GET(v), rest2 * g * g); PUT(m, mean); PUT(v, square); if (amsgrad) {
			square = vmax(square, GET(largest));
			PUT(largest, square);
		} PUT(theta, t + step * mean / muladd(vsqrt(square), root, eps)));
}

static void adam(Worker *w, const Step *x)
{
	const int decays = (float)x->c[ADAM_DECAY] != 0 || (float)x->c[ADAM_SHRINK] != 1;
	if (x->slots[2])
		adam_rule(w, x, 1, 1);
	else if (decays)
		adam_rule(w, x, 1, 0);
	else
		adam_rule(w, x, 0, 0);
}

/** s += g²; θ −= ηg/(√s + ε). */
static void adagrad(Worker *w, const Step *x)
{
	const double *c = x->c;
	float *const theta = x->theta, *const sums = x->slots[0];
	const float *const gradient = x->gradient;
	const vf eta = ALL(c[ADAGRAD_LR]), decay = ALL(c[ADAGRAD_DECAY]), eps = ALL(c[ADAGRAD_EPS]);
	EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED; const vf sum = muladd(g, g, GET(sums));
	     PUT(sums, sum); PUT(theta, t - eta * g / (vsqrt(sum) + eps)));
}

/** v = ρv + (1 − ρ)g²; Δ = g√(u + ε)/√(v + ε); u = ρu + (1 − ρ)Δ²; θ −= ηΔ. */
static void adadelta(Worker *w, const Step *x)
{
	const double *c = x->c;
	float *const theta = x->theta, *const v = x->slots[0], *const u = x->slots[1];
	const float *const gradient = x->gradient;
	const vf eta = ALL(-c[ADADELTA_LR]), decay = ALL(c[ADADELTA_DECAY]), eps = ALL(c[ADADELTA_EPS]);
	const vf rho = ALL(c[ADADELTA_RHO]), rest1 = ALL(1 - c[ADADELTA_RHO]);
	EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED;
	     const vf square = muladd(rho, GET(v), rest1 * g * g);
	     const vf delta = g * vsqrt(GET(u) + eps) / vsqrt(square + eps); PUT(v, square);
	     PUT(u, muladd(rho, GET(u), rest1 * delta * delta)); PUT(theta, muladd(eta, delta, t)));
}

/** v = αv + (1 − α)g²; d = g/(√v + ε), centered by the mean gradient; θ −= ηd, or with momentum what it adds up to. */
INLINE void rmsprop_rule(Worker *w, const Step *x, const int momentum, const int centered)
{
	const double *c = x->c;
	float *const theta = x->theta, *const v = x->slots[0], *const b = x->slots[1], *const m = x->slots[2];
	const float *const gradient = x->gradient;
	const vf eta = ALL(-c[RMSPROP_LR]), decay = ALL(c[RMSPROP_DECAY]), eps = ALL(c[RMSPROP_EPS]);
	const vf alpha = ALL(c[RMSPROP_ALPHA]), rest1 = ALL(1 - c[RMSPROP_ALPHA]),
		 mu = ALL(c[RMSPROP_MOMENTUM]);
	EACH(
		w, x->n, const vf t = GET(theta); const vf g = DECAYED;
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

static void rmsprop(Worker *w, const Step *x)
{
	const int momentum = x->slots[1] != 0, centered = x->slots[2] != 0;
	if (momentum && centered)
		rmsprop_rule(w, x, 1, 1);
	else if (momentum)
		rmsprop_rule(w, x, 1, 0);
	else if (centered)
		rmsprop_rule(w, x, 0, 1);
	else
		rmsprop_rule(w, x, 0, 0);
}

/** Adam's m and v; θ −= (gradient_rate·g + mean_rate·m)/(√v·root + ε). */
static void nadam(Worker *w, const Step *x)
{
	const double *c = x->c;
	float *const theta = x->theta, *const m = x->slots[0], *const v = x->slots[1];
	const float *const gradient = x->gradient;
	const vf decay = ALL(c[NADAM_DECAY]), eps = ALL(c[NADAM_EPS]);
	const vf gradient_rate = ALL(c[NADAM_GRADIENT_RATE]), mean_rate = ALL(c[NADAM_MEAN_RATE]);
	const vf root = ALL(1 / __builtin_sqrt(c[NADAM_CORRECTION2]));
	const vf beta1 = ALL(c[NADAM_BETA1]), rest1 = ALL(1 - c[NADAM_BETA1]);
	const vf beta2 = ALL(c[NADAM_BETA2]), rest2 = ALL(1 - c[NADAM_BETA2]);
	EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED;
	     const vf mean = muladd(beta1, GET(m), rest1 * g);
	     const vf square = muladd(beta2, GET(v), rest2 * g * g); PUT(m, mean); PUT(v, square);
	     PUT(theta, t - muladd(gradient_rate, g, mean_rate * mean) / muladd(vsqrt(square), root, eps)));
}

/** m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); θ −= η/(1 − β₁ᵗ) · m/u. */
static void adamax(Worker *w, const Step *x)
{
	const double *c = x->c;
	float *const theta = x->theta, *const m = x->slots[0], *const u = x->slots[1];
	const float *const gradient = x->gradient;
	const vf step = ALL(c[ADAMAX_LR] / c[ADAMAX_CORRECTION1]);
	const vf decay = ALL(c[ADAMAX_DECAY]), eps = ALL(c[ADAMAX_EPS]);
	const vf beta1 = ALL(c[ADAMAX_BETA1]), rest1 = ALL(1 - c[ADAMAX_BETA1]), beta2 = ALL(c[ADAMAX_BETA2]);
	EACH(w, x->n, const vf t = GET(theta); const vf g = DECAYED;
	     const vf mean = muladd(beta1, GET(m), rest1 * g);
	     const vf largest = vmax(beta2 * GET(u), vabs(g) + eps); PUT(m, mean); PUT(u, largest);
	     PUT(theta, t - step * mean / largest));
}

static void run_rule(enum optimizer_rule rule, Worker *w, const Step *x)
{
	switch (rule) {
#define RUN_RULE(rule, name) \
	case rule: name(w, x); break;
		EACH_RULE(RUN_RULE)
	}
}

VERB(optimize)
{
	const Step x = { FLOATS(1), FLOATS(2), { FLOATS(3), FLOATS(4), FLOATS(5) }, LONG(6), a + 7 };
	run_rule((enum optimizer_rule)a[0], w, &x);
}

#endif
