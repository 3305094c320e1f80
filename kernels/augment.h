/*
 * Random changes of a batch's images: resampling through affine maps, and fields of elastic displacements.
 * Formulas as in src/engine/reference/images.ts. Knows no data set, and draws no maps.
 */
#ifndef NNT_AUGMENT_H
#define NNT_AUGMENT_H

#include "elementwise.h"

/** What lies around an image in scratch: a pixel before it, and two behind, so that no place needs a check. */
enum { MARGIN_BEFORE = 1, MARGIN = 3 };

/** `n` pixels of an output row at the places (x, y) of the image in scratch, which has rows of `stride`. */
INLINE vf between_pixels(const float *image, int stride, vf x, vf y)
{
	/* x, y ≥ 0: cutting off the fraction is floor. */
	const vi left = __builtin_convertvector(x, vi), top = __builtin_convertvector(y, vi);
	const vf right = x - tofloat(left), below = y - tofloat(top);
	const vi at = top * splati(stride) + left;
	float corner[4][VL] __attribute__((aligned(VL * 4)));
	UNROLL
	for (int lane = 0; lane < VL; lane++) {
		const float *p = image + at[lane];
		corner[0][lane] = p[0];
		corner[1][lane] = p[1];
		corner[2][lane] = p[stride];
		corner[3][lane] = p[stride + 1];
	}
	const vf nw = load(corner[0]), sw = load(corner[2]);
	const vf upper = muladd(right, load(corner[1]) - nw, nw),
		 lower = muladd(right, load(corner[3]) - sw, sw);
	return muladd(below, lower - upper, upper);
}

/** Y(u, v) = X(a·u + b·v + c + dx, d·u + e·v + f + dy), u and v from the middle; D, if any, holds dx, then dy. */
static void warp(Worker *w, float *Y, const float *X, const float *maps, const float *D, long rows,
		 long height, long width, float fill)
{
	const long pixels = height * width, stride = width + MARGIN;
	float *image = w->scratch;
	const vf middle_x = splat((float)(width - 1) / 2), middle_y = splat((float)(height - 1) / 2);
	const vf zero = splat(0), most_x = splat((float)(width + MARGIN_BEFORE)),
		 most_y = splat((float)(height + MARGIN_BEFORE));
	for (long i = 0; i < stride * (height + MARGIN); i++)
		image[i] = fill;
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		const float *map = maps + 6 * r, *dx = D ? D + 2 * r * pixels : 0;
		for (long i = 0; i < height; i++)
			for (long j = 0; j < width; j++)
				image[(i + MARGIN_BEFORE) * stride + j + MARGIN_BEFORE] =
					X[r * pixels + i * width + j];
		const vf c = splat(map[2]) + (middle_x + splat(MARGIN_BEFORE));
		const vf f = splat(map[5]) + (middle_y + splat(MARGIN_BEFORE));
		for (long i = 0; i < height; i++) {
			const vf v = splat((float)i) - middle_y;
			const vf row_x = muladd(splat(map[1]), v, c), row_y = muladd(splat(map[4]), v, f);
			for (long j = 0; j < width; j += VL) {
				const long at = i * width + j, rest = width - j < VL ? width - j : VL;
				const vf u = (tofloat(iota()) + splat((float)j)) - middle_x;
				vf x = muladd(splat(map[0]), u, row_x), y = muladd(splat(map[3]), u, row_y);
				if (dx) {
					x = x + (rest == VL ? load(dx + at) : load_some(dx + at, rest));
					y = y + (rest == VL ? load(dx + pixels + at)
							    : load_some(dx + pixels + at, rest));
				}
				x = vmin(vmax(x, zero), most_x);
				y = vmin(vmax(y, zero), most_y);
				put(Y + r * pixels + at, between_pixels(image, (int)stride, x, y), rest);
			}
		}
	}
}

VERB(warp) { warp(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), LONG(4), LONG(5), LONG(6), FLOAT(7)); }

/** Element i of the stream as a number in [−1, 1]. */
INLINE vf noise(vu index, vu key0, vu key1)
{
	return tofloat((vi)mix32(mix32(index ^ key0) ^ key1)) * splat(0x1p-31f);
}

/** `vectors` vectors of `smooth`, the last with `rest` elements: as many sums side by side. */
INLINE void smooth_vectors(float *out, const float *in, long step, const float *bell, long taps, float factor,
			   const int vectors, const long rest)
{
	vf sum[4] = { splat(0), splat(0), splat(0), splat(0) };
	for (long k = 0; k < taps; k++) {
		const vf weight = splat(bell[k]);
		UNROLL
		for (int v = 0; v < vectors; v++)
			sum[v] = muladd(weight, load(in + k * step + v * VL), sum[v]);
	}
	UNROLL
	for (int v = 0; v < vectors - 1; v++)
		store(out + v * VL, sum[v] * splat(factor));
	put(out + (vectors - 1) * VL, sum[vectors - 1] * splat(factor), rest);
}

/** out[i] = factor · Σ_k bell[k] · in[i + k·step] for n elements, k in order; reads up to VL − 1 elements more. */
static void smooth(float *out, const float *in, long n, long step, const float *bell, long taps, float factor)
{
	for (long i = 0; i < n; i += 4 * VL) {
		const long left = n - i < 4 * VL ? n - i : 4 * VL, vectors = (left + VL - 1) / VL;
		const long rest = left - (vectors - 1) * VL;
		switch (vectors) {
		case 1: smooth_vectors(out + i, in + i, step, bell, taps, factor, 1, rest); break;
		case 2: smooth_vectors(out + i, in + i, step, bell, taps, factor, 2, rest); break;
		case 3: smooth_vectors(out + i, in + i, step, bell, taps, factor, 3, rest); break;
		default: smooth_vectors(out + i, in + i, step, bell, taps, factor, 4, rest);
		}
	}
}

/**
 * Planes of displacements: noise, element i of all being number `before` + i of the key's stream, smoothed
 * along rows, then columns, times alpha. Around a plane the noise is 0.
 */
static void elastic(Worker *w, float *D, const float *bell, long taps, float alpha, uint32_t k0, uint32_t k1,
		    uint32_t before, long planes, long height, long width)
{
	const long radius = taps / 2, pixels = height * width;
	const vu key0 = (vu)splati((int32_t)k0), key1 = (vu)splati((int32_t)k1);
	/* A row with zeros on either side, and the plane of smoothed rows with zero rows above and below. */
	float *row = w->scratch, *rows = row + width + 2 * radius + VL;
	const long all = width + 2 * radius + VL + (height + 2 * radius) * width + VL;
	for (long i = 0; i < all; i++)
		w->scratch[i] = 0;
	long p, last;
	share(w, planes, 1, &p, &last);
	for (; p < last; p++) {
		for (long i = 0; i < height; i++) {
			const uint32_t index = before + (uint32_t)(p * pixels + i * width);
			for (long j = 0; j < width; j += VL) {
				const vu at = (vu)(iota() + splati((int32_t)(index + (uint32_t)j)));
				put(row + radius + j, noise(at, key0, key1), width - j < VL ? width - j : VL);
			}
			smooth(rows + (radius + i) * width, row, width, 1, bell, taps, 1);
		}
		smooth(D + p * pixels, rows, pixels, width, bell, taps, alpha);
	}
}

VERB(elastic)
{
	elastic(w, FLOATS(0), FLOATS(1), LONG(2), FLOAT(3), BITS(4), BITS(5), BITS(6), LONG(7), LONG(8),
		LONG(9));
}

#endif
