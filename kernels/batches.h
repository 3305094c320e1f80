/* Rows of a table become a batch. */
#ifndef NNT_BATCHES_H
#define NNT_BATCHES_H

#include "command.h"
#include "simd.h"

/** Rows of a shuffled batch lie anywhere: the next is fetched while one is copied. */
INLINE void prefetch(const void *from, long bytes)
{
	for (long at = 0; at < bytes && at < 4096; at += 64)
		__builtin_prefetch((const char *)from + at);
}

static void gather_floats(Worker *w, float *X, const float *table, const int32_t *indices, long rows,
			  long cols)
{
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		const float *from = table + (uintptr_t)indices[r] * (uintptr_t)cols;
		if (r + 1 < last)
			prefetch(table + (uintptr_t)indices[r + 1] * (uintptr_t)cols, 4 * cols);
		float *to = X + r * cols;
		long j = 0;
		for (; j + VL <= cols; j += VL)
			store(to + j, load(from + j));
		for (; j < cols; j++)
			to[j] = from[j];
	}
}

/** Bytes become byte · scale + shift. */
static void gather_bytes(Worker *w, float *X, const uint8_t *table, const int32_t *indices, long rows,
			 long cols, float scale, float shift)
{
	const vf a = splat(scale), b = splat(shift);
	long r, last;
	share(w, rows, 1, &r, &last);
	for (; r < last; r++) {
		const uint8_t *from = table + (uintptr_t)indices[r] * (uintptr_t)cols;
		if (r + 1 < last)
			prefetch(table + (uintptr_t)indices[r + 1] * (uintptr_t)cols, cols);
		float *to = X + r * cols;
		long j = 0;
		for (; j + VL <= cols; j += VL)
			store(to + j, muladd(bytes_to_float(from + j), a, b));
		if (j < cols) {
			uint8_t some[VL] = { 0 };
			for (long i = 0; i < VL && i < cols - j; i++)
				some[i] = from[j + i];
			store_some(to + j, muladd(bytes_to_float(some), a, b), cols - j);
		}
	}
}

VERB(gather)
{
	const int of_bytes = INT(0);
	if (of_bytes)
		gather_bytes(w, FLOATS(1), BYTES(2), INTS(3), LONG(4), LONG(5), FLOAT(6), FLOAT(7));
	else
		gather_floats(w, FLOATS(1), FLOATS(2), INTS(3), LONG(4), LONG(5));
}

#endif
