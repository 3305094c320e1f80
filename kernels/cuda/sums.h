/*
 * kernels/sums.h for a card: sums over the rows of a batch, in their order. All threads of a block bring rows into its
 * memory together, a few add them up: one after the other they would wait for every row.
 */
#ifndef NNT_SUMS_H
#define NNT_SUMS_H

#include "../command.h"
#include "memory.h"
#include "parts.h"

/** Columns of a tile, and rows that are brought at once. */
#define SUM_COLUMNS 32
#define SUM_ROWS 128

INLINE void sum_columns(float *db, const float *dZ, long rows, long cols, int t)
{
	const int lane = tid() & 31, warp = tid() >> 5;
	const long j = (long)t * SUM_COLUMNS + lane;
	float sum = 0;
	LOOP(long r0 = 0; r0 < rows; r0 += SUM_ROWS)
	{
		FOR(int i = 0; i < SUM_ROWS / WARPS; i++)
		{
			const int r = warp + i * WARPS;
			if (r0 + r < rows && j < cols)
				TILES[r * SUM_COLUMNS + lane] = dZ[(r0 + r) * cols + j];
		}
		BARRIER();
		if (warp == 0 && j < cols) {
			const int count = rows - r0 < SUM_ROWS ? (int)(rows - r0) : SUM_ROWS;
			int r = 0;
			LOOP(; r + 8 <= count; r += 8)
			{
				float x[8];
				FOR(int i = 0; i < 8; i++)
				x[i] = TILES[(r + i) * SUM_COLUMNS + lane];
				FOR(int i = 0; i < 8; i++)
				sum = sum + x[i];
			}
			LOOP(; r < count; r++)
			sum = sum + TILES[r * SUM_COLUMNS + lane];
		}
		BARRIER();
	}
	if (warp == 0 && j < cols)
		db[j] = sum;
}

/** db = Σ_rows dZ. */
VERB(sum_rows)
{
	const int tiles = (int)((LONG(3) + SUM_COLUMNS - 1) / SUM_COLUMNS);
	(void)w;
	for (int t = first_tile(); t < tiles; t += grid())
		sum_columns(FLOATS(0), FLOATS(1), LONG(2), LONG(3), t);
	BARRIER();
	took_tiles(tiles);
}

static void add_rows(Worker *w, double *totals, const float *losses, const float *right,
		     const float *row_weights, long rows)
{
	(void)w;
	if (bid() != grid() - 1)
		return;
	double loss = totals[TOTAL_LOSS], correct = totals[TOTAL_CORRECT];
	SHARED double *weighted = (SHARED double *)TILES;
	SHARED float *hits = TILES + 2 * NT;
	for (long r0 = 0; r0 < rows; r0 += NT) {
		const long r = r0 + tid();
		if (r < rows) {
			weighted[tid()] = (double)(row_weights ? row_weights[r] : 1) * (double)losses[r];
			hits[tid()] = right[r];
		}
		BARRIER();
		const int count = rows - r0 < NT ? (int)(rows - r0) : NT;
		if (tid() == 0)
			for (int i = 0; i < count; i++) {
				loss += weighted[i];
				correct += (double)hits[i];
			}
		BARRIER();
	}
	if (tid() == 0) {
		totals[TOTAL_LOSS] = loss;
		totals[TOTAL_CORRECT] = correct;
	}
}

#endif
