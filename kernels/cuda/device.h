/*
 * What a thread of a graphics card can do that C cannot say: numbers of threads and blocks, shared memory, copies that
 * go on meanwhile, barriers. NVIDIA's PTX, or functions of kernels/cuda/emulated.c, which does the same on a processor.
 * Knows no kernel.
 */
#ifndef NNT_DEVICE_H
#define NNT_DEVICE_H

#include <stdint.h>

#include "../simd.h"

/** Threads of a block; a warp has 32. */
#define NT 256
#define WARPS (NT / 32)
/** Of a block: two commands, a product, and three stages of the largest kind of tile. */
#define SHARED_BYTES (76 * 1024)

typedef float v2 __attribute__((vector_size(8)));
typedef float v4 __attribute__((vector_size(16)));

#if defined(__NVPTX__)

#define GLOBAL __attribute__((address_space(1)))
#define SHARED __attribute__((address_space(3)))
extern SHARED float block_memory[] __attribute__((aligned(16)));
#define BARRIER() __syncthreads()
INLINE int tid(void) { return __nvvm_read_ptx_sreg_tid_x(); }
INLINE int bid(void) { return __nvvm_read_ptx_sreg_ctaid_x(); }
INLINE int grid(void) { return __nvvm_read_ptx_sreg_nctaid_x(); }
INLINE uint32_t shared_address(SHARED void *p) { return (uint32_t)(uintptr_t)p; }
/** 16 bytes, or the first `bytes` of them and then zeros; there once `COPY_WAIT` says so. */
INLINE void copy16(SHARED float *to, const GLOBAL float *from)
{
	__asm__ volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from)
			 : "memory");
}
INLINE void copy16_some(SHARED float *to, const GLOBAL float *from, int bytes)
{
	__asm__ volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
			 "r"(bytes)
			 : "memory");
}
/** The same of 4 bytes. */
INLINE void copy4(SHARED float *to, const GLOBAL float *from)
{
	__asm__ volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(to)), "l"(from)
			 : "memory");
}
INLINE void copy4_some(SHARED float *to, const GLOBAL float *from, int bytes)
{
	__asm__ volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from),
			 "r"(bytes)
			 : "memory");
}
/** Copies up to here are one group; `COPY_WAIT(n)` waits until all but the n latest groups of this thread are there. */
INLINE void copy_commit(void) { __asm__ volatile("cp.async.commit_group;" ::: "memory"); }
#define COPY_WAIT(n) __asm__ volatile("cp.async.wait_group " #n ";" ::: "memory")

/** Adds one to a counter of the grid: what this thread wrote before is seen by who sees the new value. */
INLINE void arrive(GLOBAL uint32_t *p)
{
	uint32_t old;
	__asm__ volatile("atom.add.acq_rel.gpu.global.u32 %0, [%1], 1;" : "=r"(old) : "l"(p) : "memory");
}
INLINE uint32_t look(GLOBAL uint32_t *p)
{
	uint32_t v;
	__asm__ volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(p) : "memory");
	return v;
}
/** After `look` has seen what it waited for: what was written before is seen too. */
INLINE void acquire(void) { __asm__ volatile("fence.acq_rel.gpu;" ::: "memory"); }

/** x of the thread whose number among four neighbours differs in the bits `d`; all four call it. */
INLINE float of_neighbour(float x, int d)
{
	return __nvvm_shfl_sync_bfly_f32(0xf << (tid() & 28), x, d, 0x1f);
}
INLINE double of_neighbour_double(double x, int d)
{
	union {
		double number;
		int half[2];
	} u = { x };
	const int mask = 0xf << (tid() & 28);
	u.half[0] = __nvvm_shfl_sync_bfly_i32(mask, u.half[0], d, 0x1f);
	u.half[1] = __nvvm_shfl_sync_bfly_i32(mask, u.half[1], d, 0x1f);
	return u.number;
}

#else

#define GLOBAL
#define SHARED
extern float *block_memory;
void emulated_barrier(void);
void emulated_copy(float *to, const float *from, int bytes, int size);
void emulated_wait(int groups);
int tid(void);
int bid(void);
int grid(void);
void copy_commit(void);
void arrive(uint32_t *p);
uint32_t look(uint32_t *p);
float of_neighbour(float x, int d);
double of_neighbour_double(double x, int d);
#define BARRIER() emulated_barrier()
#define COPY_WAIT(n) emulated_wait(n)
#define copy16(to, from) emulated_copy(to, from, 16, 16)
#define copy16_some(to, from, bytes) emulated_copy(to, from, bytes, 16)
#define copy4(to, from) emulated_copy(to, from, 4, 4)
#define copy4_some(to, from, bytes) emulated_copy(to, from, bytes, 4)
#define acquire() ((void)0)

#endif

/* Loops that are laid out whole, and loops that are not. */
#if defined(__clang__)
#define FOR _Pragma("clang loop unroll(full)") for
#define LOOP _Pragma("clang loop unroll(disable)") for
#else
#define FOR for
#define LOOP for
#endif

/** A function of its own: the compiler of the driver takes much longer for one that holds all. */
#define APART static __attribute__((noinline))

INLINE int least(int a, int b) { return a < b ? a : b; }
INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }

#endif
