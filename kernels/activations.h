/* Activations and their derivatives; formulas as in src/engine/activations.ts. */
#ifndef NNT_ACTIVATIONS_H
#define NNT_ACTIVATIONS_H

#include "elementwise.h"

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
	case COSINE: return vcos(z);
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
	case SELU: return splat(SELU_SCALE) * choose(z > splat(0), splat(1), splat(SELU_ALPHA) * vexp(z));
	case GELU: {
		vf density = splat(ONE_OVER_SQRT_2PI) * vexp(splat(-0.5f) * z * z);
		return muladd(z, density, normal_below(z));
	}
	case SILU: return vsigmoid(z) * (splat(1) + (z - a));
	case SOFTPLUS: return vsigmoid(z);
	case HARD_SIGMOID: return (vf)((vi)splat(1.0f / 6) & (z > splat(-3)) & (z < splat(3)));
	case MISH: {
		vf n = mish_n(z), m = n + splat(2);
		/* 1 − tanh² = 4(n + 1)/(n + 2)². */
		vf rest = splat(4) * (n + splat(1)) / (m * m);
		return muladd(z * rest, vsigmoid(z), n / m);
	}
	case COSINE: return -vsin(z);
	}
	return z;
}

/* EACH_ACTIVATION hands over the activation as a constant, so that each has its own loop. */
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

VERB(activate) { activate(w, FLOATS(0), FLOATS(1), (enum activation)a[2], LONG(3), FLOAT(4)); }

VERB(activate_backward)
{
	activate_backward(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), (enum activation)a[4], LONG(5),
			  FLOAT(6));
}

/** Y = f(X), for the tests of accuracy: verbs only use compositions of these functions. */
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

VERB(elementary) { elementary(w, FLOATS(0), FLOATS(1), (enum elementary)a[2], LONG(3)); }

#endif
