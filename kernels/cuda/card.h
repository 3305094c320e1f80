/*
 * What the addon asks of a graphics card: that of the driver (driver.c), or the emulated one (emulated.c). Knows no
 * kernel and no JavaScript.
 */
#ifndef NNT_CARD_H
#define NNT_CARD_H

#include <stddef.h>
#include <stdint.h>

typedef struct Card Card;

typedef struct {
	char name[128];
	/** Of the card's instruction set, as 8.0; and what the driver calls itself, as 12040 for 12.4. */
	int major, minor, driver;
	int multiprocessors;
	/** Bytes. */
	double memory, free_memory;
} CardFacts;

/** What went wrong, as a sentence for people without a full stop. */
typedef struct {
	char text[512];
} Reason;

/** The first card that can be used; null, and the reason, where there is none. */
Card *card_open(Reason *);
/** Frees all of its memory. */
void card_close(Card *);
void card_facts(Card *, CardFacts *);
/** PTX becomes the card's own program, which the caller frees; null, and the reason, where it cannot. */
void *card_compile(Card *, const char *ptx, size_t *bytes, Reason *);
/** The others return 0 when they have succeeded. Loads what `card_compile` has made. */
int card_load(Card *, const void *program, Reason *);
/** New zeros. */
int card_allocate(Card *, size_t bytes, uint64_t *address, Reason *);
void card_free(Card *, uint64_t address);
/** To and from the card's memory, after all that was begun before. `put` may return before it is there, but has read. */
int card_put(Card *, uint64_t to, const void *from, size_t bytes, Reason *);
int card_get(Card *, void *to, uint64_t from, size_t bytes, Reason *);
/** Begins a list of `words` doubles, laid out by `plan_list`; it may be changed afterwards. */
int card_run(Card *, const double *list, long words, Reason *);
int card_wait(Card *, Reason *);
/** How many blocks run a list. */
int card_blocks(Card *);

/** Lays a command list out for the card. `kind` ≥ 0: tiles of that kind for all products, for tests; −1: the best. */
void plan_list(double *list, long words, int blocks, int kind);

#endif
