/*
 * How the elements, columns and rows of a verb are parted among workers, and how what is summed along a row comes
 * together: a thread takes whole vectors and whole rows. Knows no verb. kernels/cuda/parts.h is the card's.
 */
#ifndef NNT_PARTS_H
#define NNT_PARTS_H

#include "simd.h"
#include "team.h"

/** Lanes that a reduction over a row is folded from, on every machine. */
#define LANES 16
#define LANE_VECTORS (LANES / VL)

/**
 * The statements for every vector of this worker's share of n elements: GET(p) reads p[i…], PUT(p, x) writes.
 * The last, shorter vector runs the same statements with `rest` < VL elements, through a buffer.
 */
#define EACH(w, n, ...)                            \
	do {                                       \
		long i, end;                       \
		share(w, n, LANES, &i, &end);      \
		for (; i + VL <= end; i += VL) {   \
			enum { rest = VL };        \
			__VA_ARGS__;               \
		}                                  \
		if (i < end) {                     \
			const long rest = end - i; \
			__VA_ARGS__;               \
		}                                  \
	} while (0)
#define GET(p) (rest == VL ? load((p) + i) : load_some((p) + i, rest))
#define PUT(p, x) put((p) + i, x, rest)
INLINE void put(float *p, vf x, const long rest)
{
	if (rest == VL)
		store(p, x);
	else
		store_some(p, x, rest);
}

/** The statements for every row `r` of this worker's share. */
#define EACH_ROW(w, rows, ...)                    \
	do {                                      \
		long r, last_row;                 \
		share(w, rows, 1, &r, &last_row); \
		for (; r < last_row; r++) {       \
			__VA_ARGS__;              \
		}                                 \
	} while (0)

/** Whoever has a row in EACH_ROW, as a team of its own that shares the row's elements. */
INLINE Worker row_worker(const Worker *w)
{
	Worker alone = *w;
	alone.id = 0;
	alone.count = 1;
	return alone;
}

/** The statements for every 16 lanes of a row: `lane` numbers the vectors, `rest` ≤ VL elements are there. */
#define EACH_LANE(cols, ...)                                           \
	for (long i = 0; i < (cols); i += VL) {                        \
		const int lane = (int)(i / VL) % LANE_VECTORS;         \
		const long rest = -i + (cols) < VL ? -i + (cols) : VL; \
		(void)lane;                                            \
		__VA_ARGS__;                                           \
	}

/** The statements for every vector of this worker's share of rows: `i` and `rest` in row `r`. */
#define EACH_IN_ROWS(w, rows, cols, ...) EACH_ROW(w, rows, EACH_LANE(cols, __VA_ARGS__))

/** Sum of LANES lanes in one fixed tree: lane i with i + 8, then + 4, + 2, + 1. */
INLINE float fold_lanes(const vf lanes[LANE_VECTORS])
{
	float s[LANES] __attribute__((aligned(64)));
	for (int v = 0; v < LANE_VECTORS; v++)
		store(s + v * VL, lanes[v]);
	for (int half = LANES / 2; half; half /= 2)
		for (int i = 0; i < half; i++)
			s[i] = s[i] + s[i + half];
	return s[0];
}

/** Σ p² in 64 bit: element i goes to lane i % LANES, and the lanes are folded as floats are. */
INLINE double sum_of_squares(const float *p, long n)
{
	double lanes[LANES] = { 0 };
	long i = 0;
	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			lanes[l] += (double)p[i + l] * (double)p[i + l];
	for (int l = 0; i + l < n; l++)
		lanes[l] += (double)p[i + l] * (double)p[i + l];
	for (int half = LANES / 2; half; half /= 2)
		for (int l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	return lanes[0];
}

#endif
