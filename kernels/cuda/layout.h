/*
 * What the processor prepares for the card: how a list is laid out for it, and the kinds of tiles that products have.
 * Knows neither of them.
 */
#ifndef NNT_LAYOUT_H
#define NNT_LAYOUT_H

/**
 * Doubles of the longest command; lists are followed by as many that nobody reads. The third word of a command, which
 * tells a team on processors the work, is here MEET, if what was written since the last meeting must be seen, and
 * KIND_STEP times a product's kind.
 */
#define MOST_WORDS 32
enum { MEET = 1, KIND_STEP = 2 };

/** Bytes of the grid's own memory: the SHARED_FLOATS of team.h. */
enum { GRID_BYTES = 8 * 1024 * 1024 };

/** Kinds of tiles: outputs that a thread has, or of a warp with one output a thread how many are side by side. */
#define EACH_KIND(X)                 \
	X(KIND_16_8, 16, 8, 16, 0.8) \
	X(KIND_8_8, 8, 8, 16, 0.75)  \
	X(KIND_8_4, 8, 4, 16, 0.6)   \
	X(KIND_4_8, 4, 8, 16, 0.6)   \
	X(KIND_4_4, 4, 4, 16, 0.5)   \
	X(KIND_2_2, 2, 2, 32, 0.25)
#define EACH_SMALL_KIND(X)          \
	X(KIND_SMALL_8, 4, 2, 0.14) \
	X(KIND_SMALL_4, 2, 2, 0.14) \
	X(KIND_SMALL_2, 1, 2, 0.12) \
	X(KIND_SMALL_1, 1, 1, 0.1)

enum kind {
#define NAME_KIND(name, tm, tn, bk, efficiency) name,
#define NAME_SMALL_KIND(name, high, wide, efficiency) name,
	EACH_KIND(NAME_KIND) EACH_SMALL_KIND(NAME_SMALL_KIND) KINDS
};

#endif
