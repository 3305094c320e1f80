/* Sums over the rows of a batch, in their order. */
#ifndef NNT_SUMS_H
#define NNT_SUMS_H

#include "command.h"
#include "parts.h"

/** db = Σ_rows dZ, rows in order; vectors lie along the columns. */
static void sum_rows(Worker *w, float *db, const float *dZ, long rows, long cols)
{
	long j, end;
	share(w, cols, LANES, &j, &end);
	for (; j + 4 * VL <= end; j += 4 * VL) {
		vf sum[4] = { splat(0), splat(0), splat(0), splat(0) };
		for (long r = 0; r < rows; r++)
			for (int v = 0; v < 4; v++)
				sum[v] = sum[v] + load(dZ + r * cols + j + v * VL);
		for (int v = 0; v < 4; v++)
			store(db + j + v * VL, sum[v]);
	}
	for (; j < end; j += VL) {
		const long rest = end - j < VL ? end - j : VL;
		vf sum = splat(0);
		for (long r = 0; r < rows; r++)
			sum = sum +
			      (rest == VL ? load(dZ + r * cols + j) : load_some(dZ + r * cols + j, rest));
		put(db + j, sum, rest);
	}
}

VERB(sum_rows) { sum_rows(w, FLOATS(0), FLOATS(1), LONG(2), LONG(3)); }

/** What the rows of a batch add to the totals: losses times weights (null: 1), and right answers. */
static void add_rows(Worker *w, double *totals, const float *losses, const float *right,
		     const float *row_weights, long rows)
{
	if (w->id)
		return;
	double loss = totals[TOTAL_LOSS], correct = totals[TOTAL_CORRECT];
	for (long r = 0; r < rows; r++) {
		loss += (double)(row_weights ? row_weights[r] : 1) * (double)losses[r];
		correct += (double)right[r];
	}
	totals[TOTAL_LOSS] = loss;
	totals[TOTAL_CORRECT] = correct;
}

#endif
