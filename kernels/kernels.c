/* All kernels for one instruction set, behind one table. Compiled once per set, with NNT_TABLE naming it. */
#include "isa.h"
#include "interpret.h"

const Isa NNT_TABLE = { run_command, peak, PEAK_OPERATIONS, FUSED, VL };
