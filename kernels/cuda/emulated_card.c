/* The emulated machine (emulated.c) as a card whose memory is the host's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "emulated.h"
#include "layout.h"

struct Card {
	int is_open;
};
static Card the_card;

Card *card_open(Reason *reason)
{
	(void)reason;
	the_card.is_open = 1;
	return &the_card;
}
void card_close(Card *card) { card->is_open = 0; }

void card_facts(Card *card, CardFacts *facts)
{
	(void)card;
	*facts = (CardFacts){ "emulated", 8, 0, 0, EMULATED_BLOCKS, 1e9, 1e9 };
}

void *card_compile(Card *card, const char *ptx, size_t *bytes, Reason *reason)
{
	(void)card, (void)ptx, (void)reason;
	*bytes = 1;
	return calloc(1, 1);
}
int card_load(Card *card, const void *program, Reason *reason)
{
	(void)card, (void)program, (void)reason;
	return 0;
}

int card_allocate(Card *card, size_t bytes, uint64_t *address, Reason *reason)
{
	(void)card;
	void *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
	if (!memory) {
		snprintf(reason->text, sizeof reason->text, "no memory");
		return 1;
	}
	memset(memory, 0, bytes);
	*address = (uint64_t)(uintptr_t)memory;
	return 0;
}
void card_free(Card *card, uint64_t address)
{
	(void)card;
	free((void *)(uintptr_t)address);
}

int card_put(Card *card, uint64_t to, const void *from, size_t bytes, Reason *reason)
{
	(void)card, (void)reason;
	memcpy((void *)(uintptr_t)to, from, bytes);
	return 0;
}
int card_get(Card *card, void *to, uint64_t from, size_t bytes, Reason *reason)
{
	(void)card, (void)reason;
	memcpy(to, (void *)(uintptr_t)from, bytes);
	return 0;
}

int card_run(Card *card, const double *list, long words, Reason *reason)
{
	(void)card, (void)reason;
	double *copy = malloc(((size_t)words + MOST_WORDS) * sizeof *copy);
	memcpy(copy, list, (size_t)words * sizeof *copy);
	memset(copy + words, 0xff, MOST_WORDS * sizeof *copy);
	static float grid_memory[GRID_BYTES / sizeof(float)];
	uint32_t arrivals = 0;
	memset(grid_memory, 0xff, GRID_BYTES);
	emulated_launch(copy, (int)words, grid_memory, &arrivals);
	free(copy);
	return 0;
}
int card_wait(Card *card, Reason *reason)
{
	(void)card, (void)reason;
	return 0;
}
int card_blocks(Card *card)
{
	(void)card;
	return EMULATED_BLOCKS;
}
