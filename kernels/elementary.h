/*
 * exp, log and their kin as polynomials, within 2 ulp over all exponents (test/engine/elementary.test.ts).
 * Knows vectors only; no libm.
 *
 * Sources: exp, log and tanh after S. Moshier's Cephes, erf after N. Juffa.
 */
#ifndef NNT_ELEMENTARY_H
#define NNT_ELEMENTARY_H

#include "simd.h"

#define LN2_HIGH 0.693359375f /* 9 bits: n·LN2_HIGH is exact */
#define LN2_LOW -2.12194440e-4f

/** The float with bits n + 127 in its exponent: 2ⁿ for −126 ≤ n ≤ 127. */
INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

/** n = round(x / ln 2), r = x − n ln 2, and q with eʳ = 1 + q. Wants |x| < 200. */
INLINE vf exp_reduced(vf x, vi *n)
{
	const vf shift = splat(12582912.0f); /* 1.5·2²³: adding it rounds to an integer */
	vf t = muladd(x, splat(1.44269504088896341f), shift);
	*n = (vi)t - (vi)shift;
	vf whole = t - shift;
	vf r = muladd(whole, splat(-LN2_HIGH), x);
	r = muladd(whole, splat(-LN2_LOW), r);
	vf q = splat(1.9875691500e-4f);
	q = muladd(q, r, splat(1.3981999507e-3f));
	q = muladd(q, r, splat(8.3334519073e-3f));
	q = muladd(q, r, splat(4.1665795894e-2f));
	q = muladd(q, r, splat(1.6666665459e-1f));
	q = muladd(q, r, splat(5.0000001201e-1f));
	return muladd(q, r * r, r);
}

INLINE vf vexp(vf x)
{
	/* Beyond these, e^x is infinite or rounds to zero; NaN passes through the selections. */
	vf y = choose(x > splat(89.0f), splat(89.0f), x);
	y = choose(y < splat(-104.0f), splat(-104.0f), y);
	vi n;
	vf q = exp_reduced(y, &n);
	vi half = n >> 1; /* two factors: one alone could not reach subnormal numbers */
	vf e = (splat(1) + q) * power_of_two(half) * power_of_two(n - half);
	return choose(x == x, e, x);
}

/** e^x − 1 without cancellation, for x ≤ 0 (greater x: as vexp). */
INLINE vf vexpm1(vf x)
{
	vf y = choose(x > splat(88.0f), splat(88.0f), x);
	y = choose(y < splat(-60.0f), splat(-60.0f), y);
	vi n;
	vf q = exp_reduced(y, &n);
	vf s = power_of_two(n);
	vf e = muladd(s, q, s - splat(1));
	e = choose(x > splat(88.0f), vexp(x), e);
	return choose(x == x, choose(x == splat(0), x, e), x);
}

/** log(1 + f) for √½ − 1 ≤ f ≤ √2 − 1, and e·ln 2 added to it. */
INLINE vf log_reduced(vf f, vf e)
{
	vf z = f * f;
	vf p = splat(7.0376836292e-2f);
	p = muladd(p, f, splat(-1.1514610310e-1f));
	p = muladd(p, f, splat(1.1676998740e-1f));
	p = muladd(p, f, splat(-1.2420140846e-1f));
	p = muladd(p, f, splat(1.4249322787e-1f));
	p = muladd(p, f, splat(-1.6668057665e-1f));
	p = muladd(p, f, splat(2.0000714765e-1f));
	p = muladd(p, f, splat(-2.4999993993e-1f));
	p = muladd(p, f, splat(3.3333331174e-1f));
	p = p * f * z;
	p = muladd(e, splat(LN2_LOW), p);
	p = muladd(splat(-0.5f), z, p);
	return muladd(e, splat(LN2_HIGH), f + p);
}

INLINE vf vlog(vf x)
{
	vi small = x < splat(1.17549435e-38f);
	vf y = choose(small, x * splat(8388608.0f), x); /* 2²³ lifts subnormal numbers */
	vi bits = (vi)y;
	vi e = ((bits >> 23) & splati(255)) - 126;
	vf m = (vf)((bits & splati(0x007fffff)) | splati(0x3f000000)); /* [½, 1) */
	vi low = m < splat(0.70710678f);
	m = choose(low, m + m, m);
	e = e + low; /* a mask is −1 */
	vf r = log_reduced(m - splat(1), tofloat(e) - choose(small, splat(23), splat(0)));
	const vf infinity = splat(__builtin_inff());
	r = choose(x == infinity, x, r);
	r = choose(x == splat(0), -infinity, r);
	return choose(x >= splat(0), r, splat(__builtin_nanf("")));
}

/** log(1 + u) for 0 ≤ u ≤ 1. */
INLINE vf vlog1p_unit(vf u)
{
	vi high = u > splat(0.41421356f);
	/* log(1 + u) = ln 2 + log(1 + (u − 1)/2), where the inner argument is exact for u ≥ ½. */
	vf f = choose(high, (u - splat(1)) * splat(0.5f), u);
	return log_reduced(f, choose(high, splat(1), splat(0)));
}

INLINE vf vtanh(vf x)
{
	vf a = vabs(x), z = x * x;
	vf p = splat(-5.70498872745e-3f);
	p = muladd(p, z, splat(2.06390887954e-2f));
	p = muladd(p, z, splat(-5.37397155531e-2f));
	p = muladd(p, z, splat(1.33314422036e-1f));
	p = muladd(p, z, splat(-3.33332819422e-1f));
	vf near = muladd(p * z, x, x);
	vf far = splat(1) - splat(2) / (vexp(a + a) + splat(1));
	return choose(a < splat(0.625f), near, copysign_of(far, x));
}

/** 1/(1 + e⁻ˣ), precise on both sides. */
INLINE vf vsigmoid(vf x)
{
	vf e = vexp(-vabs(x));
	return choose(x < splat(0), e, splat(1)) / (splat(1) + e);
}

INLINE vf verf(vf x)
{
	vf t = vabs(x), s = x * x;
	vf near = splat(-5.96761703e-4f);
	near = muladd(near, s, splat(4.99119423e-3f));
	near = muladd(near, s, splat(-2.67681349e-2f));
	near = muladd(near, s, splat(1.12819925e-1f));
	near = muladd(near, s, splat(-3.76125336e-1f));
	near = muladd(near, s, splat(1.28379166e-1f));
	near = muladd(near, x, x);
	vf c = choose(t > splat(10.0f), splat(10.0f), t); /* 1 there already */
	vf c2 = c * c;
	vf r = muladd(splat(-1.72853470e-5f), c, splat(3.83197126e-4f));
	vf u = muladd(splat(-3.88396438e-3f), c, splat(2.42546219e-2f));
	r = muladd(r, c2, u);
	r = muladd(r, c, splat(-1.06777877e-1f));
	r = muladd(r, c, splat(-6.34846687e-1f));
	r = muladd(r, c, splat(-1.28717512e-1f));
	r = muladd(r, c, -c);
	vf far = copysign_of(splat(1) - vexp(r), x);
	return choose(t > splat(0.927734375f), far, choose(x == x, near, x));
}

/** log(1 + eˣ). */
INLINE vf vsoftplus(vf x)
{
	vf tail = vlog1p_unit(vexp(-vabs(x)));
	return choose(x > splat(0), x + tail, tail);
}

#endif
