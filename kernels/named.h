/* Which rows of a table a batch names: entry e = r · slots + k is slot k of row r. */
#ifndef NNT_NAMED_H
#define NNT_NAMED_H

#include "command.h"

/** The table's row that slot k names; −1: none, and no slot behind it does. */
INLINE long named(const float *numbers, long k, long slots, long count)
{
	return k < slots && numbers[k] >= 0 && numbers[k] < (float)count ? (long)numbers[k] : -1;
}

/**
 * first[e]: the table's row where no entry before e names it, else −1. next[e]: the next entry that names the same row, else
 * −1. `marks` [count] is 0 before and after; in between the last entry so far that names a row, plus 1.
 */
static void index_rows(Worker *w, float *first, float *next, float *marks, const float *X, long rows,
		       long cols, long slots, long count)
{
	if (w->id)
		return;
	for (long e = 0; e < rows * slots; e++)
		first[e] = next[e] = -1;
	for (long r = 0; r < rows; r++) {
		const float *numbers = X + (r + 1) * cols - 2 * slots;
		for (long k = 0, n; (n = named(numbers, k, slots, count)) >= 0; k++) {
			const long e = r * slots + k;
			if (marks[n] > 0)
				next[(long)marks[n] - 1] = (float)e;
			else
				first[e] = (float)n;
			marks[n] = (float)(e + 1);
		}
	}
	for (long e = 0; e < rows * slots; e++)
		if (first[e] >= 0)
			marks[(long)first[e]] = 0;
}

VERB(index_rows)
{
	index_rows(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), LONG(4), LONG(5), LONG(6), LONG(7));
}

#endif
