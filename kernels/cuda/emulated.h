/* A machine of fibers that runs the card's program. Knows no driver. */
#ifndef NNT_EMULATED_H
#define NNT_EMULATED_H

#include <stdint.h>

/** Blocks of a grid. */
enum { EMULATED_BLOCKS = 3 };

/** Runs a list as a launch on a card would, and returns when it is done. */
void emulated_launch(const double *list, int words, float *shared, uint32_t *arrivals);

/** Plants a fault, by its number in emulated.c; 0: none. */
void emulated_fault(int which);

#endif
