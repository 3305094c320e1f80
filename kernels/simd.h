/*
 * One vector type per instruction set and the few operations that C cannot express: everything else in the
 * kernels is written in GCC/Clang vector extensions over `vf`. Knows no kernel.
 *
 * Bits: every operation rounds as IEEE 754 says, no lane depends on another, and multiply-add is
 * fused wherever FUSED is 1. A lane's result is then the same for every width VL.
 */
#ifndef NNT_SIMD_H
#define NNT_SIMD_H

#include <stdint.h>

#if defined(NNT_CARD) /* a thread of a graphics card, or of its emulation */
#define VL 4
#define FUSED 1
#elif defined(__AVX512F__)
#include <immintrin.h>
#define VL 16
#define FUSED 1
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define VL 8
#define FUSED 1
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define VL 4
#define FUSED 1
#elif defined(__wasm_relaxed_simd__)
#include <wasm_simd128.h>
#define VL 4
#define FUSED 1
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define VL 4
#define FUSED 0
#elif defined(NNT_WIDE) /* 16 lanes lowered by the compiler: runs the AVX-512 tile shapes anywhere */
#define VL 16
#define FUSED 1
#else
#define VL 4
#define FUSED 0
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#endif

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef uint32_t vu __attribute__((vector_size(VL * 4)));
typedef uint8_t vb __attribute__((vector_size(VL)));
typedef float vf_any __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef uint8_t vb_any __attribute__((vector_size(VL), aligned(1), may_alias));

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf x) { *(vf_any *)p = x; }

INLINE vf splat(float x)
{
#if VL == 16
	return (vf){ x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x };
#elif VL == 8
	return (vf){ x, x, x, x, x, x, x, x };
#else
	return (vf){ x, x, x, x };
#endif
}
INLINE vi splati(int32_t x)
{
#if VL == 16
	return (vi){ x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x };
#elif VL == 8
	return (vi){ x, x, x, x, x, x, x, x };
#else
	return (vi){ x, x, x, x };
#endif
}
/** 0, 1, …, VL − 1. */
INLINE vi iota(void)
{
#if VL == 16
	return (vi){ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
#elif VL == 8
	return (vi){ 0, 1, 2, 3, 4, 5, 6, 7 };
#else
	return (vi){ 0, 1, 2, 3 };
#endif
}

/** a·b + c, rounded once where FUSED. */
INLINE vf muladd(vf a, vf b, vf c)
{
#if defined(__AVX512F__)
	return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__) && VL == 8
	return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__ARM_NEON) && VL == 4
	return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(__wasm_relaxed_simd__)
	return (vf)__builtin_wasm_relaxed_madd_f32x4(a, b, c);
#elif defined(NNT_WIDE) || defined(NNT_CARD)
	vf d;
	for (int i = 0; i < VL; i++)
		d[i] = __builtin_fmaf(a[i], b[i], c[i]);
	return d;
#else
	return a * b + c;
#endif
}

INLINE vf vsqrt(vf a)
{
#if defined(__AVX512F__)
	return (vf)_mm512_sqrt_ps((__m512)a);
#elif defined(__AVX2__) && VL == 8
	return (vf)_mm256_sqrt_ps((__m256)a);
#elif defined(__ARM_NEON) && VL == 4
	return (vf)vsqrtq_f32((float32x4_t)a);
#elif defined(__wasm_simd128__)
	return (vf)wasm_f32x4_sqrt((v128_t)a);
#elif defined(__SSE2__) && VL == 4 && !defined(NNT_CARD)
	return (vf)_mm_sqrt_ps((__m128)a);
#else
	vf d;
	for (int i = 0; i < VL; i++)
		d[i] = __builtin_sqrtf(a[i]);
	return d;
#endif
}

/** mask ? a : b per lane; a mask is all ones or all zeros, as comparisons give it. */
INLINE vf choose(vi mask, vf a, vf b)
{
#if defined(__AVX2__) && VL == 8
	return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
#elif defined(__wasm_simd128__)
	return (vf)wasm_v128_bitselect((v128_t)a, (v128_t)b, (v128_t)mask);
#else
	return (vf)((mask & (vi)a) | (~mask & (vi)b));
#endif
}
/** The greater; b where a is NaN. Not the machine's min and max: those differ over NaN and −0. */
INLINE vf vmax(vf a, vf b) { return choose(a > b, a, b); }
INLINE vf vmin(vf a, vf b) { return choose(a < b, a, b); }
INLINE vf vabs(vf a) { return (vf)((vi)a & splati(0x7fffffff)); }
INLINE vf copysign_of(vf a, vf sign)
{
	return (vf)(((vi)a & splati(0x7fffffff)) | ((vi)sign & splati((int32_t)0x80000000)));
}
INLINE vf tofloat(vi a) { return __builtin_convertvector(a, vf); }
INLINE vf bytes_to_float(const uint8_t *p)
{
#if defined(__AVX512F__)
	return tofloat((vi)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
#elif defined(__AVX2__) && VL == 8
	return tofloat((vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
#elif defined(__wasm_simd128__)
	const v128_t words = wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p));
	return tofloat((vi)wasm_u32x4_extend_low_u16x8(words));
#else
	return tofloat(__builtin_convertvector(*(const vb_any *)p, vi));
#endif
}

/** The first `count` < VL floats of p, then zeros. */
INLINE vf load_some(const float *p, long count)
{
#if defined(NNT_CARD) /* places known when it is compiled: registers, no memory */
	vf x = splat(0);
	UNROLL
	for (int i = 0; i < VL; i++)
		if (i < count)
			x[i] = p[i];
	return x;
#else
	float some[VL] __attribute__((aligned(VL * 4))) = { 0 };
	for (long i = 0; i < count; i++)
		some[i] = p[i];
	return load(some);
#endif
}
INLINE void store_some(float *p, vf x, long count)
{
#if defined(NNT_CARD)
	UNROLL
	for (int i = 0; i < VL; i++)
		if (i < count)
			p[i] = x[i];
#else
	float some[VL] __attribute__((aligned(VL * 4)));
	store(some, x);
	for (long i = 0; i < count; i++)
		p[i] = some[i];
#endif
}

/* ---- VL × VL transposes, for packing ------------------------------------------------------------- */

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (vi){ __VA_ARGS__ })
#endif

/** Rows r[0…VL) become columns. */
INLINE void transpose(vf r[VL])
{
	vf t[VL];
#if VL == 4
	t[0] = SHUFFLE(r[0], r[1], 0, 4, 1, 5);
	t[1] = SHUFFLE(r[0], r[1], 2, 6, 3, 7);
	t[2] = SHUFFLE(r[2], r[3], 0, 4, 1, 5);
	t[3] = SHUFFLE(r[2], r[3], 2, 6, 3, 7);
	r[0] = SHUFFLE(t[0], t[2], 0, 1, 4, 5);
	r[1] = SHUFFLE(t[0], t[2], 2, 3, 6, 7);
	r[2] = SHUFFLE(t[1], t[3], 0, 1, 4, 5);
	r[3] = SHUFFLE(t[1], t[3], 2, 3, 6, 7);
#elif VL == 8
	vf u[VL];
	UNROLL
	for (int i = 0; i < 8; i += 2) {
		t[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
		t[i + 1] = SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
	}
	UNROLL
	for (int i = 0; i < 8; i += 4) {
		u[i] = SHUFFLE(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
		u[i + 1] = SHUFFLE(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
		u[i + 2] = SHUFFLE(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
		u[i + 3] = SHUFFLE(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		r[i] = SHUFFLE(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
		r[i + 4] = SHUFFLE(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
	}
#else
	/* Quarters of 4 × 4: transposed inside each 128-bit part, then the parts change places. */
	vf u[VL];
	UNROLL
	for (int i = 0; i < 16; i += 2) {
		t[i] = SHUFFLE(r[i], r[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
		t[i + 1] =
			SHUFFLE(r[i], r[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
	}
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		UNROLL
		for (int h = 0; h < 2; h++) {
			u[i + 2 * h] = SHUFFLE(t[i + h], t[i + h + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24,
					       25, 12, 13, 28, 29);
			u[i + 2 * h + 1] = SHUFFLE(t[i + h], t[i + h + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11,
						   26, 27, 14, 15, 30, 31);
		}
	}
	/* u[4q + c] holds, in part p, column 4p + c of rows 4q … 4q + 3. */
	UNROLL
	for (int c = 0; c < 4; c++) {
		vf a = SHUFFLE(u[c], u[4 + c], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
		vf b = SHUFFLE(u[c], u[4 + c], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
		vf d = SHUFFLE(u[8 + c], u[12 + c], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
		vf e = SHUFFLE(u[8 + c], u[12 + c], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30,
			       31);
		r[c] = SHUFFLE(a, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
		r[4 + c] = SHUFFLE(b, e, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
		r[8 + c] = SHUFFLE(a, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
		r[12 + c] = SHUFFLE(b, e, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
	}
#endif
}

#endif
