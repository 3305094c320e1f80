/* kernels/batches.h for a card: rows of a table become a batch, four elements a thread. */
#ifndef NNT_BATCHES_H
#define NNT_BATCHES_H

#include "../command.h"
#include "parts.h"

static void gather_floats(Worker *w, float *X, const float *table, const int32_t *indices, long rows,
			  long cols)
{
	EACH_IN_ROWS(w, rows, cols, const float *from = table + (uintptr_t)indices[r] * (uintptr_t)cols;
		     PUT(X + r * cols, GET(from)));
}

/** Bytes become byte · scale + shift. */
static void gather_bytes(Worker *w, float *X, const uint8_t *table, const int32_t *indices, long rows,
			 long cols, float scale, float shift)
{
	EACH_IN_ROWS(w, rows, cols, const uint8_t *from = table + (uintptr_t)indices[r] * (uintptr_t)cols + i;
		     vf x = splat(0); FOR(int l = 0; l < VL; l++) if (l < rest) x[l] = (float)from[l];
		     PUT(X + r * cols, muladd(x, splat(scale), splat(shift))));
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
