/* What one instruction set's kernels offer to the threads and the hosts. Knows no kernel. */
#ifndef NNT_ISA_H
#define NNT_ISA_H

#include "team.h"

typedef struct {
	/** Runs one command: this worker's share of it. */
	void (*run)(Worker *worker, const double *command);
	/** `rounds` rounds of independent multiply-adds. */
	float (*peak)(long rounds);
	double peak_operations;
	/** Whether a multiply-add rounds once. */
	int fused;
	/** Floats per vector. */
	int width;
} Isa;

#endif
