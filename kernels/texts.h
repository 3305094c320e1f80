/*
 * Sums of a table's rows that the inputs name: what a network's sparse inputs cost is what they hold, forward, backward
 * and in the optimizer's step. Formulas as in src/engine/reference/texts.ts.
 */
#ifndef NNT_TEXTS_H
#define NNT_TEXTS_H

#include "command.h"
#include "named.h"
#include "optimizers.h"
#include "parts.h"

/** Y[r] = Σ_k weight · E[number], and what X has before. */
static void bag(Worker *w, float *Y, const float *X, const float *E, long rows, long cols, long slots,
		long count, long width)
{
	const long kept = cols - 2 * slots;
	EACH_ROW(w, rows, const float *x = X + r * cols; const float *numbers = x + kept;
		 float *y = Y + r * (width + kept);
		 EACH_LANE(width, vf sum = splat(0);
			   for (long k = 0, n; (n = named(numbers, k, slots, count)) >= 0; k++) sum =
				   muladd(splat(numbers[slots + k]), GET(E + n * width), sum);
			   PUT(y, sum)) EACH_LANE(kept, PUT(y + width, GET(x))));
}

VERB(bag) { bag(w, FLOATS(0), FLOATS(1), FLOATS(2), LONG(3), LONG(4), LONG(5), LONG(6), LONG(7)); }

/** dE[row] for the rows that entries name, each by the first that does, along the chain of those that follow. */
static void bag_backward(Worker *w, float *dE, const float *dY, const float *X, const float *first,
			 const float *next, long rows, long cols, long slots, long width)
{
	const long kept = cols - 2 * slots, out = width + kept;
	EACH_ROW(w, rows * slots,
		 if (first[r] >= 0) EACH_LANE(
			 width, vf sum = splat(0); for (long e = r; e >= 0; e = (long)next[e]) {
				 const long row = e / slots;
				 const vf weight = splat(X[row * cols + kept + slots + e % slots]);
				 sum = muladd(weight, GET(dY + row * out), sum);
			 } PUT(dE + (long)first[r] * width, sum)));
}

/** dX of the inputs that are kept, and of every slot's weight: dY · E[number]. */
static void bag_slopes(Worker *w, float *dX, const float *dY, const float *X, const float *E, long rows,
		       long cols, long slots, long count, long width)
{
	const long kept = cols - 2 * slots;
	EACH_ROW(w, rows, float *dx = dX + r * cols; const float *dy = dY + r * (width + kept);
		 const float *numbers = X + r * cols + kept; long used = 0;
		 while (named(numbers, used, slots, count) >= 0) used++;
		 EACH_LANE(kept, PUT(dx, GET(dy + width))) EACH_LANE(slots, PUT(dx + kept, splat(0)))
			 EACH_LANE(
				 slots, vf slopes = splat(0); for (int l = 0; l < VL && i + l < used; l++) {
					 const float *e = E + (long)numbers[i + l] * width;
					 vf sum = splat(0);
					 for (long j = 0; j < width; j++)
						 sum = muladd(splat(dy[j]), splat(e[j]), sum);
					 slopes[l] = sum[0];
				 } PUT(dx + kept + slots, slopes)));
}

VERB(bag_backward)
{
	bag_backward(w, FLOATS(0), FLOATS(3), FLOATS(4), FLOATS(5), FLOATS(6), LONG(7), LONG(8), LONG(9),
		     LONG(10));
	if (FLOATS(1))
		bag_slopes(w, FLOATS(1), FLOATS(3), FLOATS(4), FLOATS(2), LONG(7), LONG(8), LONG(9), LONG(11),
			   LONG(10));
}

static void clear_rows(Worker *w, float *M, const float *first, long entries, long width)
{
	EACH_ROW(w, entries, if (first[r] >= 0) EACH_LANE(width, PUT(M + (long)first[r] * width, splat(0))));
}

VERB(clear_rows) { clear_rows(w, FLOATS(0), FLOATS(1), LONG(2), LONG(3)); }

/** Whether a row has a gradient: one that is not a number is one, too. */
INLINE int moves(const float *gradient, long width)
{
	for (long j = 0; j < width; j++)
		if (gradient[j] != 0)
			return 1;
	return 0;
}

/** The step of every row that has a gradient, of those in `first` or (null) of all. */
static void optimize_rows(Worker *w, enum optimizer_rule rule, const Step *all, const float *first,
			  long things, long width)
{
	EACH_ROW(
		w, things, const long row = first ? (long)first[r] : r;
		if (row >= 0 && moves(all->gradient + row * width, width)) {
			Worker alone = row_worker(w);
			Step one = {
				all->theta + row * width, all->gradient + row * width, { 0 }, width, all->c
			};
			for (int s = 0; s < 3; s++)
				one.slots[s] = all->slots[s] ? all->slots[s] + row * width : 0;
			run_rule(rule, &alone, &one);
		});
}

VERB(optimize_rows)
{
	const Step all = { FLOATS(1), FLOATS(2), { FLOATS(3), FLOATS(4), FLOATS(5) }, 0, a + 10 };
	optimize_rows(w, (enum optimizer_rule)a[0], &all, FLOATS(6), LONG(7), LONG(8));
}

#endif
