/* What lies where in a block's memory: the launch, the command under way and the next, a product, then what tiles need. */
#ifndef NNT_MEMORY_H
#define NNT_MEMORY_H

#include "layout.h"
#include "team.h"

#define COMMANDS(i) ((SHARED double *)(block_memory + LAUNCH_FLOATS) + (i)*MOST_WORDS)
#define PRODUCT ((SHARED Product *)(block_memory + LAUNCH_FLOATS + 4 * MOST_WORDS))
#define PRODUCT_FLOATS 16
#define TILES (block_memory + LAUNCH_FLOATS + 4 * MOST_WORDS + PRODUCT_FLOATS)

#endif
