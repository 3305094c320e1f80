/*
 * kernels/gemm.h for a card: C = start + A·B, a tile of C after the other by the threads of a block. Both factors come
 * through the block's memory, two stages ahead of the products. Knows matrices by address and strides only.
 *
 * Bits: as there, element C[m,n] starts at zero, a bias or itself and adds A[m,k]·B[k,n] for k = 0, 1, … with one fused
 * multiply-add each, whatever tile it falls to.
 */
#ifndef NNT_GEMM_H
#define NNT_GEMM_H

#include "../command.h"
#include "memory.h"

/** Warps along a tile's columns and rows; 4 × 8 threads of a warp. */
#define WN 2
#define WM (WARPS / WN)
/** Outputs of a thread, at most. */
#define MOST_TM 16
#define MOST_TN 8
/** Steps of k that tiles with one output a thread bring at once. */
#define SMALL_K 128

/** What is known of a product: A (m,k) lies at m·lda + k where A_ALONG_K, else at k·lda + m; B (k,n) likewise. */
typedef struct {
	GLOBAL float *C;
	const GLOBAL float *A, *B, *bias;
	int m, n, k, lda, ldb, flags;
} Product;
/** …_VEC: rows begin at multiples of 16 bytes. */
enum { A_ALONG_K = 1, B_ALONG_K = 2, A_VEC = 4, B_VEC = 8, C_VEC = 16, FROM_ITSELF = 32 };

/** What the sum of an output starts from. */
INLINE float start_of(const SHARED Product *x, int row, int col)
{
	if (row >= x->m || col >= x->n)
		return 0;
	if (x->flags & FROM_ITSELF)
		return x->C[(uint64_t)(uint32_t)row * (uint32_t)x->n + (uint32_t)col];
	return x->bias ? x->bias[col] : 0;
}

/** Up to four outputs of a row, which lie at `from`. */
INLINE void put_outputs(const SHARED Product *x, int row, int col, const SHARED float *from)
{
	const int count = x->n - col;
	if (row >= x->m || count <= 0)
		return;
	GLOBAL float *to = x->C + ((uint64_t)(uint32_t)row * (uint32_t)x->n + (uint32_t)col);
	if (count >= 4 && (x->flags & C_VEC)) {
		*(GLOBAL v4 *)to = *(const SHARED v4 *)from;
		return;
	}
	LOOP(int i = 0; i < least(count, 4); i++)
	to[i] = from[i];
}

/** Where tile t lies: sixteen tile rows at a time, so that both factors stay in the second-level cache. */
INLINE void place(int t, int rows, int cols, int *row, int *col)
{
	const int group = t / (16 * cols), first = group * 16, high = least(rows - first, 16);
	const int rest = t - group * 16 * cols;
	*row = first + rest % high;
	*col = rest / high;
}

/* ---- tiles with several outputs a thread ---------------------------------------------------------- */

/** Rows [r0, r0+B) × k [k0, k0+BK) of a factor into to[BK][B+4]; what is not there becomes 0. */
INLINE void bring(const int B, const int BK, SHARED float *to, const GLOBAL float *p, int ld, int along_k,
		  int vec, int r0, int R, int k0, int K)
{
	const int whole = r0 + B <= R && k0 + BK <= K;
	if (along_k) {
		const int KW = BK / 8, STEP = 4 * (WARPS / KW);
		const int lane = tid() & 31, warp = tid() >> 5;
		const int k = (warp % KW) * 8 + (lane & 7), r = (warp / KW) * 4 + (lane >> 3);
		SHARED float *at = to + k * (B + 4) + r;
		const GLOBAL float *from =
			p + (uint64_t)(uint32_t)(r0 + r) * (uint32_t)ld + (uint32_t)(k0 + k);
		const uint64_t step = (uint64_t)(uint32_t)ld * STEP;
		if (whole) {
			FOR(int i = 0; i < B / STEP; i++)
			{
				copy4(at + i * STEP, from);
				from += step;
			}
		} else {
			LOOP(int i = 0; i < B / STEP; i++)
			{
				const int there = r0 + r + i * STEP < R && k0 + k < K;
				copy4_some(at + i * STEP, there ? from : p, there ? 4 : 0);
				from += step;
			}
		}
	} else if (vec) {
		const int ROW = B / 4, ALL = ROW * BK, EACH_THREAD = (ALL + NT - 1) / NT;
		if (whole) {
			FOR(int i = 0; i < EACH_THREAD; i++)
			{
				const int q = tid() + i * NT, k = q / ROW, r = q % ROW * 4;
				if (ALL % NT == 0 || q < ALL)
					copy16(to + k * (B + 4) + r,
					       p + (uint64_t)(uint32_t)(k0 + k) * (uint32_t)ld +
						       (uint32_t)(r0 + r));
			}
		} else {
			LOOP(int i = 0; i < EACH_THREAD; i++)
			{
				const int q = tid() + i * NT, k = q / ROW, r = q % ROW * 4;
				int count = k0 + k < K ? R - (r0 + r) : 0;
				count = count < 0 ? 0 : least(count, 4);
				if (ALL % NT == 0 || q < ALL)
					copy16_some(to + k * (B + 4) + r,
						    count ? p + (uint64_t)(uint32_t)(k0 + k) * (uint32_t)ld +
								    (uint32_t)(r0 + r)
							  : p,
						    4 * count);
			}
		}
	} else {
		LOOP(int q = tid(); q < B * BK; q += NT)
		{
			const int k = q / B, r = q % B;
			const int there = k0 + k < K && r0 + r < R;
			copy4_some(to + k * (B + 4) + r,
				   there ? p + (uint64_t)(uint32_t)(k0 + k) * (uint32_t)ld +
						   (uint32_t)(r0 + r)
					 : p,
				   there ? 4 : 0);
		}
	}
}

/** A thread's T elements of a row of the block's memory: groups of up to four, `lanes` threads side by side. */
INLINE void fragment(const int T, const int lanes, float *out, const SHARED float *row, int lane)
{
	if (T >= 4) {
		FOR(int g = 0; g < T / 4; g++)
		{
			const v4 x = *(const SHARED v4 *)(row + (g * lanes + lane) * 4);
			FOR(int i = 0; i < 4; i++)
			out[g * 4 + i] = x[i];
		}
	} else {
		const v2 x = *(const SHARED v2 *)(row + lane * 2);
		out[0] = x[0];
		out[1] = x[1];
	}
}

INLINE void multiply(const int TM, const int TN, float acc[MOST_TM][MOST_TN], const float *a, const float *b)
{
	FOR(int i = 0; i < TM; i++)
	FOR(int j = 0; j < TN; j++)
	acc[i][j] = __builtin_fmaf(a[i], b[j], acc[i][j]);
}

/** The sums of rows part·4 … to the block's memory, in the places of `fragment`. */
INLINE void put_part(const int part, const int TM, const int TN, float acc[MOST_TM][MOST_TN],
		     SHARED float *to, int tx)
{
	const int GM = TM < 4 ? TM : 4, BS = WN * 8 * TN + 4;
	FOR(int i = 0; i < GM; i++)
	{
		const float *from = acc[part * GM + i];
		SHARED float *row = to + i * BS;
		if (TN >= 4)
			FOR(int g = 0; g < TN / 4; g++)
		*(SHARED v4 *)(row + (g * 8 + tx) * 4) =
			(v4){ from[g * 4], from[g * 4 + 1], from[g * 4 + 2], from[g * 4 + 3] };
		else *(SHARED v2 *)(row + tx * 2) = (v2){ from[0], from[1] };
	}
}

INLINE void big_tile(const int TM, const int TN, const int BK, const SHARED Product *x, int t)
{
	const int BM = WM * 4 * TM, BN = WN * 8 * TN, GM = TM < 4 ? TM : 4, GN = TN < 4 ? TN : 4;
	const int AS = BM + 4, BS = BN + 4, STAGE = BK * (AS + BS);
	const int M = x->m, N = x->n, K = x->k, lda = x->lda, ldb = x->ldb, flags = x->flags;
	const GLOBAL float *A = x->A, *B = x->B;
	/* Neighbouring threads share rows and columns both. */
	const int lane = tid() & 31, warp = tid() >> 5;
	const int ty = (lane & 1) + 2 * (lane >> 4), tx = (lane >> 1) & 7, wm = warp / WN, wn = warp % WN;
	int tile_row, tile_col;
	place(t, ceil_div(M, BM), ceil_div(N, BN), &tile_row, &tile_col);
	const int m0 = tile_row * BM, n0 = tile_col * BN;

	const int steps = ceil_div(K, BK);
#define BRING(s)                                                                                         \
	do {                                                                                             \
		SHARED float *to = TILES + (s) % 3 * STAGE;                                              \
		bring(BM, BK, to, A, lda, flags &A_ALONG_K, flags &A_VEC, m0, M, (s)*BK, K);             \
		bring(BN, BK, to + BK * AS, B, ldb, flags & B_ALONG_K, flags & B_VEC, n0, N, (s)*BK, K); \
	} while (0)
	float acc[MOST_TM][MOST_TN];
	FOR(int j = 0; j < TN; j++)
	{
		const int col = n0 + wn * 8 * TN + (j / GN * 8 + tx) * GN + j % GN;
		if (flags & FROM_ITSELF) {
			FOR(int i = 0; i < TM; i++)
			acc[i][j] = start_of(x, m0 + wm * 4 * TM + (i / GM * 4 + ty) * GM + i % GM, col);
		} else {
			const float start = start_of(x, 0, col);
			FOR(int i = 0; i < TM; i++)
			acc[i][j] = start;
		}
	}
	/* Two stages ahead of the products; the first two rounds only bring. */
	LOOP(int s = -2; s < steps; s++)
	{
		if (s >= 0) {
			COPY_WAIT(1);
			BARRIER();
		}
		if (s + 2 < steps)
			BRING(s + 2);
		copy_commit();
		if (s < 0)
			continue;
		const SHARED float *as = TILES + s % 3 * STAGE + wm * 4 * TM;
		const SHARED float *bs = TILES + s % 3 * STAGE + BK * AS + wn * 8 * TN;
		float a[2][MOST_TM], b[2][MOST_TN];
		if ((s + 1) * BK <= K) {
			fragment(TM, 4, a[0], as, ty);
			fragment(TN, 8, b[0], bs, tx);
			FOR(int k = 0; k < BK; k++)
			{
				if (k + 1 < BK) {
					fragment(TM, 4, a[(k + 1) & 1], as + (k + 1) * AS, ty);
					fragment(TN, 8, b[(k + 1) & 1], bs + (k + 1) * BS, tx);
				}
				multiply(TM, TN, acc, a[k & 1], b[k & 1]);
			}
		} else {
			/* Zeros behind K must not be added: −0 + 0 is +0, and 0 · ∞ no number. */
			LOOP(int k = 0; k < K - s * BK; k++)
			{
				fragment(TM, 4, a[0], as + k * AS, ty);
				fragment(TN, 8, b[0], bs + k * BS, tx);
				multiply(TM, TN, acc, a[0], b[0]);
			}
		}
	}
	/* 4·GM rows of each row of warps at a time through the block's memory: whole rows are written together. */
	LOOP(int part = 0; part < TM / GM; part++)
	{
		BARRIER();
		SHARED float *to = TILES + (wm * 4 + ty) * GM * BS + wn * 8 * TN;
		if (part == 0)
			put_part(0, TM, TN, acc, to, tx);
		if (TM > 4 && part == 1)
			put_part(1, TM, TN, acc, to, tx);
		if (TM > 8 && part == 2)
			put_part(2, TM, TN, acc, to, tx);
		if (TM > 8 && part == 3)
			put_part(3, TM, TN, acc, to, tx);
		BARRIER();
		LOOP(int q = tid(); q < WM * 4 * GM * (BN / 4); q += NT)
		{
			const int r = q / (BN / 4), col = q % (BN / 4) * 4;
			const int row = r / (4 * GM) * (4 * TM) + part * 4 * GM + r % (4 * GM);
			put_outputs(x, m0 + row, n0 + col, TILES + r * BS + col);
		}
	}
	BARRIER();
}

/* ---- tiles with one output a thread, for few outputs ------------------------------------------------ */

/** `rows` (4, 8 or 16) × SMALL_K steps of a factor into to[row][SMALL_K+4]; what is not there is not read. */
INLINE void bring_small(int rows, SHARED float *to, const GLOBAL float *p, int ld, int along_k, int vec,
			int r0, int R, int k0, int K)
{
	const int W = SMALL_K + 4;
	if (along_k && vec) {
		LOOP(int q = tid(); q < rows * (SMALL_K / 4); q += NT)
		{
			const int r = q / (SMALL_K / 4), k = q % (SMALL_K / 4) * 4;
			int count = r0 + r < R ? K - (k0 + k) : 0;
			count = count < 0 ? 0 : least(count, 4);
			copy16_some(to + r * W + k,
				    count ? p + (uint64_t)(uint32_t)(r0 + r) * (uint32_t)ld +
						    (uint32_t)(k0 + k)
					  : p,
				    4 * count);
		}
	} else if (along_k) {
		LOOP(int q = tid(); q < rows * SMALL_K; q += NT)
		{
			const int r = q / SMALL_K, k = q % SMALL_K, there = r0 + r < R && k0 + k < K;
			copy4_some(to + r * W + k,
				   there ? p + (uint64_t)(uint32_t)(r0 + r) * (uint32_t)ld +
						   (uint32_t)(k0 + k)
					 : p,
				   there ? 4 : 0);
		}
	} else {
		const int shift = rows == 4 ? 2 : rows == 8 ? 3 : 4;
		LOOP(int q = tid(); q < rows * least(SMALL_K, K - k0); q += NT)
		{
			const int r = q & (rows - 1), k = q >> shift, there = r0 + r < R;
			copy4_some(to + r * W + k,
				   there ? p + (uint64_t)(uint32_t)(k0 + k) * (uint32_t)ld +
						   (uint32_t)(r0 + r)
					 : p,
				   there ? 4 : 0);
		}
	}
}

/** `high` × `wide` warps compute a tile of 4·high × 8·wide outputs; all bring what they need. */
INLINE void small_tile(int high, int wide, const SHARED Product *x, int t)
{
	const int W = SMALL_K + 4, BM = 4 * high, BN = 8 * wide, STAGE = (BM + BN) * W;
	const int M = x->m, N = x->n, K = x->k, lda = x->lda, ldb = x->ldb, flags = x->flags;
	const GLOBAL float *A = x->A, *B = x->B;
	const int lane = tid() & 31, warp = tid() >> 5, active = warp < high * wide;
	const int row = warp / wide * 4 + (lane & 1) + 2 * (lane >> 4),
		  col = warp % wide * 8 + ((lane >> 1) & 7);
	int tile_row, tile_col;
	place(t, ceil_div(M, BM), ceil_div(N, BN), &tile_row, &tile_col);
	const int m0 = tile_row * BM, n0 = tile_col * BN;
	const int steps = ceil_div(K, SMALL_K);
#define BRING_SMALL(s)                                                                                     \
	do {                                                                                               \
		SHARED float *to = TILES + (s) % 3 * STAGE;                                                \
		bring_small(BM, to, A, lda, flags &A_ALONG_K, flags &A_VEC, m0, M, (s)*SMALL_K, K);        \
		bring_small(BN, to + BM * W, B, ldb, flags & B_ALONG_K, flags & B_VEC, n0, N, (s)*SMALL_K, \
			    K);                                                                            \
	} while (0)
	float acc = active ? start_of(x, m0 + row, n0 + col) : 0;
	LOOP(int s = -2; s < steps; s++)
	{
		if (s >= 0) {
			COPY_WAIT(1);
			BARRIER();
		}
		if (s + 2 < steps)
			BRING_SMALL(s + 2);
		copy_commit();
		if (active && s >= 0) {
			const SHARED float *a = TILES + s % 3 * STAGE + row * W,
					   *b = TILES + s % 3 * STAGE + (BM + col) * W;
			const int count = least(SMALL_K, K - s * SMALL_K);
			int k = 0;
			LOOP(; k + 16 <= count; k += 16)
			{
				v4 p[4], q[4];
				FOR(int i = 0; i < 4; i++)
				{
					p[i] = *(const SHARED v4 *)(a + k + 4 * i);
					q[i] = *(const SHARED v4 *)(b + k + 4 * i);
				}
				FOR(int i = 0; i < 16; i++)
				acc = __builtin_fmaf(p[i / 4][i % 4], q[i / 4][i % 4], acc);
			}
			LOOP(; k < count; k++)
			acc = __builtin_fmaf(a[k], b[k], acc);
		}
	}
	BARRIER();
	if (active)
		TILES[row * 20 + col] = acc;
	BARRIER();
	LOOP(int q = tid(); q < BM * BN / 4; q += NT)
	{
		const int r = q / (BN / 4), j = q % (BN / 4) * 4;
		put_outputs(x, m0 + r, n0 + j, TILES + r * 20 + j);
	}
	BARRIER();
}

/* ---- the verb -------------------------------------------------------------------------------------- */

#define IS_ALIGNED(p) ((uintptr_t)(p) % 16 == 0)

INLINE void describe_product(SHARED Product *x, const double *a)
{
	const int ta = INT(8), tb = INT(9);
	Product p = { (GLOBAL float *)FLOATS(0),
		      (GLOBAL float *)FLOATS(1),
		      (GLOBAL float *)FLOATS(2),
		      0,
		      INT(5),
		      INT(6),
		      INT(7) };
	p.lda = ta ? p.m : p.k;
	p.ldb = tb ? p.k : p.n;
	p.flags = (ta ? 0 : A_ALONG_K) | (tb ? B_ALONG_K : 0) |
		  (p.lda % 4 == 0 && IS_ALIGNED(p.A) ? A_VEC : 0) |
		  (p.ldb % 4 == 0 && IS_ALIGNED(p.B) ? B_VEC : 0) |
		  (p.n % 4 == 0 && IS_ALIGNED(p.C) ? C_VEC : 0);
	switch ((enum start)a[4]) {
	case START_LANES: p.bias = (GLOBAL float *)FLOATS(3); break;
	case START_SELF: p.flags |= FROM_ITSELF; break;
	default: break;
	}
	*x = p;
}

#define TILES_OF(x, BM, BN) (ceil_div((x)->m, BM) * ceil_div((x)->n, BN))

/* Every kind's tiles of one product. */
#define KIND_APART(name, tm, tn, bk, efficiency)                               \
	APART void apart_##name(void)                                          \
	{                                                                      \
		const int tiles = TILES_OF(PRODUCT, WM * 4 * tm, WN * 8 * tn); \
		for (int t = first_tile(); t < tiles; t += grid())             \
			big_tile(tm, tn, bk, PRODUCT, t);                      \
		BARRIER();                                                     \
		took_tiles(tiles);                                             \
	}
#define SMALL_KIND_APART(name, high, wide, efficiency)                   \
	APART void apart_##name(void)                                    \
	{                                                                \
		const int tiles = TILES_OF(PRODUCT, 4 * high, 8 * wide); \
		for (int t = first_tile(); t < tiles; t += grid())       \
			small_tile(high, wide, PRODUCT, t);              \
		BARRIER();                                               \
		took_tiles(tiles);                                       \
	}
EACH_KIND(KIND_APART)
EACH_SMALL_KIND(SMALL_KIND_APART)

/** The kind of its tiles stands in the command's head. */
VERB(gemm)
{
	(void)w;
	if (tid() == 0)
		describe_product(PRODUCT, a);
	BARRIER();
	switch ((int)a[-1] / KIND_STEP) {
#define RUN_KIND(name, ...) \
	case name: apart_##name(); break;
		EACH_KIND(RUN_KIND)
		EACH_SMALL_KIND(RUN_KIND)
	}
}

#endif
