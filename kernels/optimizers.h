/*
 * Optimizers: one pass over θ, its gradient and its state each. Formulas as torch states them, see
 * src/engine/reference/optimizers.ts. Scalars are worked out in 64 bit by the caller.
 */
#ifndef NNT_OPTIMIZERS_H
#define NNT_OPTIMIZERS_H

#include "elementwise.h"

/** v = μv + (1 − τ)(g + λθ), the first time g + λθ itself; θ −= ηv, or with Nesterov η(g + λθ + μv). */
static void sgd(Worker *w, float *theta, const float *gradient, float *velocity, long n, float lr, float decay,
		float momentum, float undamped, int nesterov, int first)
{
	const vf eta = splat(-lr), lambda = splat(decay), mu = splat(momentum), part = splat(undamped);
	if (!velocity) {
		if (decay == 0)
			EACH(w, n, PUT(theta, muladd(eta, GET(gradient), GET(theta))));
		else
			EACH(w, n, const vf t = GET(theta); const vf g = muladd(lambda, t, GET(gradient));
			     PUT(theta, muladd(eta, g, t)));
		return;
	}
	EACH(w, n, const vf t = GET(theta); const vf g = muladd(lambda, t, GET(gradient));
	     const vf v = first ? g : muladd(mu, GET(velocity), part * g); PUT(velocity, v);
	     PUT(theta, muladd(eta, nesterov ? muladd(mu, v, g) : v, t)));
}

typedef struct {
	float *theta, *m, *v, *largest;
	const float *gradient;
	long n;
	/** shrink·θ comes before the step; decay·θ is added to the gradient. */
	float shrink, decay, beta1, rest1, beta2, rest2;
	/** −η/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ), ε. */
	float step, inverse_root, eps;
} Adam;

/** m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; θ −= step·m/(√v·inverse_root + ε); AMSGrad: the largest v. */
INLINE void adam_rule(Worker *w, const Adam *x, const int decays, const int amsgrad)
{
	float *const theta = x->theta, *const m = x->m, *const v = x->v, *const largest = x->largest;
	const float *const gradient = x->gradient;
	const vf shrink = splat(x->shrink), decay = splat(x->decay), step = splat(x->step);
	const vf beta1 = splat(x->beta1), rest1 = splat(x->rest1), beta2 = splat(x->beta2), rest2 = splat(x->rest2);
	const vf root = splat(x->inverse_root), eps = splat(x->eps);
	EACH(w, x->n, vf t = GET(theta); vf g = GET(gradient); if (decays) {
		g = muladd(decay, t, g);
		t = shrink * t;
	} const vf mean = muladd(beta1, GET(m), rest1 * g);
	     vf square = muladd(beta2, GET(v), rest2 * g * g); PUT(m, mean); PUT(v, square); if (amsgrad) {
		     square = vmax(square, GET(largest));
		     PUT(largest, square);
	     } PUT(theta, t + step * mean / muladd(vsqrt(square), root, eps)));
}

static void adam(Worker *w, const Adam *x)
{
	const int decays = x->decay != 0 || x->shrink != 1;
	if (x->largest)
		adam_rule(w, x, 1, 1);
	else if (decays)
		adam_rule(w, x, 1, 0);
	else
		adam_rule(w, x, 0, 0);
}

#endif
