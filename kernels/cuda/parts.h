/*
 * kernels/parts.h for a card: neighbouring threads take neighbouring vectors, and four of them a row, four of its 16
 * lanes each. Knows no verb.
 */
#ifndef NNT_PARTS_H
#define NNT_PARTS_H

#include "team.h"

#define LANES 16
/** One thread's part of them. */
#define LANE_VECTORS 1
#define ROW_THREADS (LANES / VL)

#define EACH(w, n, ...)                                                                  \
	do {                                                                             \
		for (long i = VL * (long)(w)->id; i < (n); i += VL * (long)(w)->count) { \
			if ((n)-i >= VL) {                                               \
				enum { rest = VL };                                      \
				__VA_ARGS__;                                             \
			} else {                                                         \
				const long rest = (n)-i;                                 \
				__VA_ARGS__;                                             \
			}                                                                \
		}                                                                        \
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

#define EACH_ROW(w, rows, ...)                                                                    \
	do {                                                                                      \
		for (long r = (w)->id / ROW_THREADS; r < (rows); r += (w)->count / ROW_THREADS) { \
			__VA_ARGS__;                                                              \
		}                                                                                 \
	} while (0)

INLINE Worker row_worker(const Worker *w)
{
	return (Worker){ .id = tid() % ROW_THREADS, .count = ROW_THREADS, .shared = w->shared };
}

#define EACH_LANE(cols, ...)                                                \
	for (long i = VL * (tid() % ROW_THREADS); i < (cols); i += LANES) { \
		const int lane = 0;                                         \
		const long rest = (cols)-i < VL ? (cols)-i : VL;            \
		(void)lane;                                                 \
		__VA_ARGS__;                                                \
	}

#define EACH_IN_ROWS(w, rows, cols, ...)                                                           \
	do {                                                                                       \
		const uint32_t vectors = (uint32_t)(((cols) + VL - 1) / VL);                       \
		const uint32_t all_vectors = (uint32_t)(rows)*vectors;                             \
		for (uint32_t v = (uint32_t)(w)->id; v < all_vectors; v += (uint32_t)(w)->count) { \
			const long r = v / vectors, i = VL * (long)(v % vectors);                  \
			const long rest = (cols)-i < VL ? (cols)-i : VL;                           \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	} while (0)

/** The tree of kernels/parts.h: addition commutes, so that all four threads come to the same sum. */
INLINE float fold_lanes(const vf lanes[LANE_VECTORS])
{
	vf x = lanes[0];
	FOR(int d = ROW_THREADS / 2; d; d /= 2)
	{
		vf other;
		FOR(int i = 0; i < VL; i++)
		other[i] = of_neighbour(x[i], d);
		x = x + other;
	}
	return (x[0] + x[2]) + (x[1] + x[3]);
}

INLINE double sum_of_squares(const float *p, long n)
{
	double lanes[VL] = { 0 };
	for (long i = VL * (tid() % ROW_THREADS); i < n; i += LANES)
		FOR(int l = 0; l < VL; l++)
	if (i + l < n)
		lanes[l] += (double)p[i + l] * (double)p[i + l];
	FOR(int d = ROW_THREADS / 2; d; d /= 2)
	FOR(int l = 0; l < VL; l++)
	lanes[l] += of_neighbour_double(lanes[l], d);
	return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

#endif
