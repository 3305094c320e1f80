/*
 * kernels/augment.h for a card: no thread has room for an image, so that each looks at the pixels that it needs.
 * Formulas, and their bits, are those there.
 */
#ifndef NNT_AUGMENT_H
#define NNT_AUGMENT_H

#include "../elementwise.h"

/** Places are counted from a pixel before the image, so that they are not negative. */
enum { MARGIN_BEFORE = 1 };

/** The pixel at a place, or what lies around the image. */
INLINE float pixel(const float *image, int height, int width, int y, int x, float fill)
{
	const int row = y - MARGIN_BEFORE, col = x - MARGIN_BEFORE;
	return row >= 0 && row < height && col >= 0 && col < width ? image[(long)row * width + col] : fill;
}

INLINE vf between_pixels(const float *image, int height, int width, float fill, vf x, vf y)
{
	/* x, y ≥ 0: cutting off the fraction is floor. */
	const vi left = __builtin_convertvector(x, vi), top = __builtin_convertvector(y, vi);
	const vf right = x - tofloat(left), below = y - tofloat(top);
	vf corner[4];
	FOR(int lane = 0; lane < VL; lane++)
	FOR(int c = 0; c < 4; c++)
	corner[c][lane] = pixel(image, height, width, top[lane] + c / 2, left[lane] + c % 2, fill);
	const vf upper = muladd(right, corner[1] - corner[0], corner[0]),
		 lower = muladd(right, corner[3] - corner[2], corner[2]);
	return muladd(below, lower - upper, upper);
}

/** Y(u, v) = X(a·u + b·v + c + dx, d·u + e·v + f + dy), u and v from the middle; D, if any, holds dx, then dy. */
static void warp(Worker *w, float *Y, const float *X, const float *maps, const float *D, long rows,
		 long height, long width, float fill)
{
	const long pixels = height * width;
	const vf middle_x = splat((float)(width - 1) / 2), middle_y = splat((float)(height - 1) / 2);
	const vf zero = splat(0), most_x = splat((float)(width + MARGIN_BEFORE)),
		 most_y = splat((float)(height + MARGIN_BEFORE));
	/* A row here is a row of an image. */
	EACH_IN_ROWS(w, rows * height, width, {
		const long image = r / height, j = i;
		const float *map = maps + 6 * image,
			    *dx = D ? D + 2 * image * pixels + r % height * width : 0;
		const vf c = splat(map[2]) + (middle_x + splat(MARGIN_BEFORE));
		const vf f = splat(map[5]) + (middle_y + splat(MARGIN_BEFORE));
		const vf v = splat((float)(r % height)) - middle_y;
		const vf row_x = muladd(splat(map[1]), v, c), row_y = muladd(splat(map[4]), v, f);
		const vf u = (tofloat(iota()) + splat((float)j)) - middle_x;
		vf x = muladd(splat(map[0]), u, row_x), y = muladd(splat(map[3]), u, row_y);
		if (dx) {
			x = x + GET(dx);
			y = y + GET(dx + pixels);
		}
		x = vmin(vmax(x, zero), most_x);
		y = vmin(vmax(y, zero), most_y);
		PUT(Y + r * width, between_pixels(X + image * pixels, (int)height, (int)width, fill, x, y));
	});
}

VERB(warp) { warp(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), LONG(4), LONG(5), LONG(6), FLOAT(7)); }

/** Element i of the stream as a number in [−1, 1]. */
INLINE float noise(uint32_t index, uint32_t key0, uint32_t key1)
{
	const vu bits = mix32(mix32((vu)splati((int32_t)(index ^ key0))) ^ (vu)splati((int32_t)key1));
	return (float)(int32_t)bits[0] * 0x1p-31f;
}

/** Noise is smoothed along rows into the grid's memory, as many planes as it has room for; then along columns. */
static void elastic(Worker *w, float *D, const float *bell, long taps, float alpha, uint32_t k0, uint32_t k1,
		    uint32_t before, long planes, long height, long width)
{
	const long radius = taps / 2, pixels = height * width;
	const long room = SHARED_FLOATS / (pixels ? pixels : 1);
	const uint32_t count = (uint32_t)w->count;
	for (long first = 0; first < planes; first += room) {
		const long some = planes - first < room ? planes - first : room;
		const uint32_t all = (uint32_t)(some * pixels);
		if (first)
			team_meet(w);
		for (uint32_t e = (uint32_t)w->id; e < all; e += count) {
			const long j = e % (uint32_t)width;
			const uint32_t row = before + (uint32_t)(first * pixels) + (e - (uint32_t)j);
			float sum = 0;
			for (long k = 0; k < taps; k++) {
				const long at = j + k - radius;
				const float x = at >= 0 && at < width ? noise(row + (uint32_t)at, k0, k1) : 0;
				sum = __builtin_fmaf(bell[k], x, sum);
			}
			w->shared[e] = sum;
		}
		team_meet(w);
		for (uint32_t e = (uint32_t)w->id; e < all; e += count) {
			const long i = e / (uint32_t)width % (uint32_t)height;
			float sum = 0;
			for (long k = 0; k < taps; k++) {
				const long at = i + k - radius;
				const float x =
					at >= 0 && at < height ? w->shared[(long)e + (at - i) * width] : 0;
				sum = __builtin_fmaf(bell[k], x, sum);
			}
			D[first * pixels + e] = sum * alpha;
		}
	}
}

VERB(elastic)
{
	elastic(w, FLOATS(0), FLOATS(1), LONG(2), FLOAT(3), BITS(4), BITS(5), BITS(6), LONG(7), LONG(8),
		LONG(9));
}

#endif
