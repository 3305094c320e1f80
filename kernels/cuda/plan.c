/*
 * Lays a command list out for the card: which commands have to wait for those before, and in which tiles a product is
 * computed. Commands between which nothing is waited for are computed side by side.
 */
#include <stdint.h>

#include "../enums.h"
#include "layout.h"
#include "card.h"

#define HEAD_WORDS 3

/* ---- tiles ----------------------------------------------------------------------------------------- */

/** Threads of a block, in warps, along a tile's rows and columns; as in gemm.h. */
enum { WARP_ROWS = 4, WARP_COLUMNS = 2 };

/** Rows, columns and share of the card's peak that a tile of each kind reaches on a large product. */
static const struct {
	int rows, columns;
	double efficiency;
} kinds[KINDS] = {
#define SIZE_OF_KIND(name, tm, tn, bk, efficiency) { WARP_ROWS * 4 * tm, WARP_COLUMNS * 8 * tn, efficiency },
#define SIZE_OF_SMALL_KIND(name, high, wide, efficiency) { 4 * high, 8 * wide, efficiency },
	EACH_KIND(SIZE_OF_KIND) EACH_SMALL_KIND(SIZE_OF_SMALL_KIND)
};

static double ceiling(double a, double b) { return (double)(long)((a + b - 1) / b); }

/** Multiply-adds of a block in a cycle; cycles between two steps of k of one sum; of beginning a tile, and a product. */
#define MULTIPLY_ADDS 128
#define LATENCY 5
#define TILE_CYCLES 600
#define PRODUCT_CYCLES 1500

/** Cycles, roughly: those of a tile, times the tiles that a block gets. */
static double cycles(int kind, double m, double n, double k, int blocks)
{
	const double tiles = ceiling(m, kinds[kind].rows) * ceiling(n, kinds[kind].columns);
	const double step = kinds[kind].rows * kinds[kind].columns / (MULTIPLY_ADDS * kinds[kind].efficiency);
	const double alone = step < LATENCY ? LATENCY : step;
	return ceiling(tiles, blocks) * (step * k + TILE_CYCLES) + (alone - step) * k + PRODUCT_CYCLES;
}

static int best_kind(double m, double n, double k, int blocks)
{
	int best = 0;
	for (int kind = 1; kind < KINDS; kind++)
		if (cycles(kind, m, n, k, blocks) < cycles(best, m, n, k, blocks))
			best = kind;
	return best;
}

/* ---- what waits for what ---------------------------------------------------------------------------- */

typedef struct {
	double from, end;
	int written;
} Range;

typedef struct {
	Range ranges[96];
	int count;
} Ranges;
/** The most that one command has. */
#define MOST_RANGES 10

static void touch(Ranges *of, double address, double bytes, int written)
{
	if (address != 0 && bytes > 0)
		of->ranges[of->count++] = (Range){ address, address + bytes, written };
}

/** The grid's own memory, as if it lay at an address that nothing else has. */
#define GRID_MEMORY(of) touch(of, 1, 1, 1)

/**
 * What a command reads and writes. Returns whether its threads meet in the middle, so that all before it is done: then
 * `after` is what may still be under way when it ends, if that is less.
 */
static int touched(enum op op, const double *a, Ranges *all, Ranges *after)
{
#define READS(at, floats) touch(all, a[at], 4.0 * (floats), 0)
#define WRITES(at, floats) touch(all, a[at], 4.0 * (floats), 1)
	switch (op) {
	case OP_GEMM:
		WRITES(0, a[5] * a[6]), READS(1, a[5] * a[7]), READS(2, a[7] * a[6]), READS(3, a[6]);
		return 0;
	case OP_SUM_ROWS: WRITES(0, a[3]), READS(1, a[2] * a[3]); return 0;
	case OP_GATHER: WRITES(1, a[4] * a[5]), READS(2, a[8] * a[5]), READS(3, a[4]); return 0;
	case OP_INDEX_ROWS:
		WRITES(0, a[4] * a[6]), WRITES(1, a[4] * a[6]), WRITES(2, a[7]), READS(3, a[4] * a[5]);
		return 0;
	case OP_BAG:
		WRITES(0, a[3] * (a[4] - 2 * a[5] + a[7])), READS(1, a[3] * a[4]), READS(2, a[6] * a[7]);
		return 0;
	case OP_BAG_BACKWARD: {
		const double entries = a[7] * a[9];
		WRITES(0, a[11] * a[10]), WRITES(1, a[7] * a[8]), READS(2, a[11] * a[10]);
		READS(3, a[7] * (a[8] - 2 * a[9] + a[10])), READS(4, a[7] * a[8]);
		READS(5, entries), READS(6, entries);
		return 0;
	}
	case OP_CLEAR_ROWS: WRITES(0, a[4] * a[3]), READS(1, a[2]); return 0;
	case OP_OPTIMIZE_ROWS: {
		const double size = a[9] * a[8];
		WRITES(1, size), READS(2, size), WRITES(3, size), WRITES(4, size), WRITES(5, size);
		READS(6, a[7]);
		return 0;
	}
	case OP_WARP: {
		const double size = a[4] * a[5] * a[6];
		WRITES(0, size), READS(1, size), READS(2, 6 * a[4]), READS(3, 2 * size);
		return 0;
	}
	case OP_ELASTIC: WRITES(0, a[7] * a[8] * a[9]), READS(1, a[2]), GRID_MEMORY(all); return 1;
	case OP_ACTIVATE: WRITES(0, a[3]), READS(1, a[3]); return 0;
	case OP_ACTIVATE_BACKWARD: WRITES(0, a[5]), READS(1, a[5]), READS(2, a[5]), READS(3, a[5]); return 0;
	case OP_LOSS:
		WRITES(0, a[8] * a[9]), READS(1, a[8] * a[9]), READS(3, a[8]), READS(4, a[9]);
		READS(2, a[8] * (a[9] > a[11] ? a[9] : a[11])), READS(10, a[11]);
		WRITES(5, 2 * TOTAL_GRADIENT_NORM);
		GRID_MEMORY(all);
		/* Of adding up. */
		touch(after, a[5], 8 * TOTAL_GRADIENT_NORM, 1), GRID_MEMORY(after);
		touch(after, a[3], 4 * a[8], 0);
		return 1;
	case OP_DROPOUT:
	case OP_GAUSSIAN_NOISE:
	case OP_COPY: WRITES(0, a[2]), READS(1, a[2]); return 0;
	case OP_BATCH_NORM:
	case OP_LAYER_NORM: {
		const double kept = op == OP_BATCH_NORM ? a[8] : a[7];
		WRITES(0, a[7] * a[8]), READS(1, a[7] * a[8]), READS(2, a[8]), READS(3, a[8]);
		WRITES(5, kept), WRITES(6, kept);
		if (op == OP_BATCH_NORM)
			WRITES(9, a[8]), WRITES(10, a[8]);
		return 0;
	}
	case OP_BATCH_NORM_BACKWARD:
	case OP_LAYER_NORM_BACKWARD: {
		const double kept = op == OP_BATCH_NORM_BACKWARD ? a[9] : a[8];
		WRITES(0, a[8] * a[9]), WRITES(1, a[9]), WRITES(2, a[9]), READS(3, a[8] * a[9]);
		READS(4, a[8] * a[9]), READS(5, a[9]), READS(6, kept), READS(7, kept);
		return op == OP_LAYER_NORM_BACKWARD;
	}
	case OP_RMS_NORM:
		WRITES(0, a[5] * a[6]), READS(1, a[5] * a[6]), READS(2, a[6]), WRITES(4, a[5]);
		return 0;
	case OP_RMS_NORM_BACKWARD:
		WRITES(0, a[6] * a[7]), WRITES(1, a[7]), READS(2, a[6] * a[7]), READS(3, a[6] * a[7]);
		READS(4, a[7]), READS(5, a[6]);
		return 1;
	case OP_FILL:
	case OP_CLIP_VALUE: WRITES(0, a[1]); return 0;
	case OP_ADD: WRITES(0, a[3]), READS(1, a[3]), READS(2, a[3]); return 0;
	case OP_SCALE_COLUMNS:
		WRITES(0, a[4] * a[5]), READS(1, a[4] * a[5]), READS(2, a[5]), READS(3, a[5]);
		return 0;
	case OP_SUM_PRODUCTS: WRITES(0, a[4]), READS(1, a[3] * a[4]), READS(2, a[3] * a[4]); return 0;
	case OP_AVERAGE:
		WRITES(0, a[4] * a[5]), WRITES(1, a[3] * a[4] * a[5]);
		return (enum average)a[2] == SOFTMAX_MEAN && a[5] > 0;
	case OP_OPTIMIZE:
		WRITES(1, a[6]), READS(2, a[6]), WRITES(3, a[6]), WRITES(4, a[6]), WRITES(5, a[6]);
		return 0;
	case OP_LERP:
	case OP_PENALIZE: WRITES(0, a[2]), READS(1, a[2]); return 0;
	case OP_LIMIT_ROWS: WRITES(0, a[1] * a[2]); return 0;
	case OP_CLIP_NORM:
		WRITES(0, a[1]), touch(all, a[3] + 8 * TOTAL_GRADIENT_NORM, 8, 1), GRID_MEMORY(all);
		return 1;
	case OP_ELEMENTARY: WRITES(0, a[3]), READS(1, a[3]); return 0;
	}
	return 0;
}

static int conflict(const Ranges *a, const Ranges *b)
{
	for (int i = 0; i < a->count; i++)
		for (int j = 0; j < b->count; j++) {
			const Range *x = a->ranges + i, *y = b->ranges + j;
			if ((x->written || y->written) && x->from < y->end && y->from < x->end)
				return 1;
		}
	return 0;
}

static void append(Ranges *to, const Ranges *from)
{
	for (int i = 0; i < from->count; i++)
		to->ranges[to->count++] = from->ranges[i];
}

void plan_list(double *list, long words, int blocks, int kind)
{
	/* Of all commands since the threads last met. */
	Ranges open = { .count = 0 };
	for (double *c = list; c < list + words; c += (long)c[1]) {
		const enum op op = (enum op)c[0];
		const double *a = c + HEAD_WORDS;
		Ranges all = { .count = 0 }, after = { .count = 0 };
		const int meets = touched(op, a, &all, &after);
		const int full = open.count + MOST_RANGES > (int)(sizeof open.ranges / sizeof *open.ranges);
		int plan = 0;
		if (full || conflict(&open, &all)) {
			plan = MEET;
			open.count = 0;
		}
		if (op == OP_GEMM)
			plan += KIND_STEP * (kind >= 0 ? kind : best_kind(a[5], a[6], a[7], blocks));
		c[2] = plan;
		if (meets)
			open.count = 0;
		append(&open, meets && after.count ? &after : &all);
	}
}
