/* kernels/named.h for a card: a thread an entry, each looking through the batch for itself. */
#ifndef NNT_NAMED_H
#define NNT_NAMED_H

#include "../command.h"

INLINE long named(const float *numbers, long k, long slots, long count)
{
	return k < slots && numbers[k] >= 0 && numbers[k] < (float)count ? (long)numbers[k] : -1;
}

/** The first entry from `from` up to `end` that names row n; −1: none. `X` is at the numbers of row 0. */
INLINE long entry_naming(long n, long from, long end, const float *X, long cols, long slots, long count)
{
	for (long r = from / slots; r * slots < end; r++)
		for (long k = 0, other; (other = named(X + r * cols, k, slots, count)) >= 0; k++) {
			const long e = r * slots + k;
			if (other == n && e >= from && e < end)
				return e;
		}
	return -1;
}

static void index_rows(Worker *w, float *first, float *next, const float *X, long rows, long cols, long slots,
		       long count)
{
	const long entries = rows * slots;
	const float *numbers = X + cols - 2 * slots;
	for (long e = w->id; e < entries; e += w->count) {
		long k = 0, n = 0;
		for (; k <= e % slots && n >= 0; k++)
			n = named(numbers + e / slots * cols, k, slots, count);
		const int is_first = n >= 0 && entry_naming(n, 0, e, numbers, cols, slots, count) < 0;
		first[e] = (float)(is_first ? n : -1);
		next[e] = (float)(n < 0 ? -1 : entry_naming(n, e + 1, entries, numbers, cols, slots, count));
	}
}

VERB(index_rows) { index_rows(w, FLOATS(0), FLOATS(1), FLOATS(3), LONG(4), LONG(5), LONG(6), LONG(7)); }

#endif
