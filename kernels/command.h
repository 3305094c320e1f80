/*
 * What a verb is to the interpreter: a function of a command's arguments, all doubles, as
 * src/engine/fast/encoders.ts writes them. Addresses are byte addresses, 0 is none.
 */
#ifndef NNT_COMMAND_H
#define NNT_COMMAND_H

#include <stdint.h>

#include "enums.h"
#include "team.h"

/** `VERB(copy) { … }` computes this worker's share of the command copy. */
#define VERB(name) static inline void run_##name(Worker *w, const double *a)

/** Says of a pointer that it leads to a card's memory, where there is a card. */
#ifndef GLOBAL
#define GLOBAL
#endif

/* Argument number `at`, counted from 0. */
#define FLOATS(at) ((float *)(GLOBAL float *)(uintptr_t)a[at])
#define DOUBLES(at) ((double *)(GLOBAL double *)(uintptr_t)a[at])
#define BYTES(at) ((uint8_t *)(GLOBAL uint8_t *)(uintptr_t)a[at])
#define INTS(at) ((int32_t *)(GLOBAL int32_t *)(uintptr_t)a[at])
#define LONG(at) ((long)a[at])
#define INT(at) ((int)a[at])
#define BITS(at) ((uint32_t)a[at])
#define FLOAT(at) ((float)a[at])

#endif
