/*
 * C = start + A·B for every mixture of transposes. Knows matrices by address and strides only.
 *
 * The product is computed in tiles of MR rows × NR lanes. Multiplication commutes, so either factor may lie
 * along the lanes: `Product` names the factor whose elements are broadcast P [R,K], the one that fills
 * vectors Q [K,L], and the output O [R,L], which is C or its transpose. `orient` takes the cheaper way.
 *
 * Bits: element O[r,l] starts at zero, a bias or itself and adds P[r,k]·Q[k,l] for k = 0, 1, … with one
 * fused multiply-add each, whatever tile, block, orientation or thread it falls to.
 */
#ifndef NNT_GEMM_H
#define NNT_GEMM_H

#include "command.h"
#include "simd.h"

/* Tile shapes that keep all accumulators in registers; NR is a divisor of common batch sizes. */
#if VL == 16
#define MR 8
#define NV 2
#elif VL == 8
#define MR 6
#define NV 2
#elif defined(__ARM_NEON)
#define MR 12
#define NV 2
#else /* V8 gives 15 registers, and larger tiles spill */
#define MR 4
#define NV 2
#endif
#define NR (NV * VL)

/** Rows of k per block: a panel of KC × NR floats stays in the first-level cache (784 makes two blocks). */
#define KC 400
/** The same where O is transposed and loading it anew costs more than fetching the panel from the second level. */
#define KC_TURNED 1024
/** Rows of P per packed block: MC × KC floats stay in the second-level cache. */
#define MC 144
/** Q is used where it lies, without packing, when at most so many tiles, or so few k, would use a copy. */
#define DIRECT_TILES 2
#define DIRECT_K 64
/** P is packed when at least so many panels use it. */
#define PACK_PANELS 8

/** Outputs that do not stay in the second-level cache. */
#define FAR_OUTPUTS (256 * 1024)

typedef struct {
	const float *P, *Q, *bias;
	float *O;
	/** Strides in floats: of a row of P, of k in P, of k in Q, of a lane in Q, of rows and lanes in O. */
	long prs, pks, qks, qls, ors, ols;
	long R, L, K;
	enum start start;
} Product;

/* ---- one tile ------------------------------------------------------------------------------------ */

/** `p`: row i, step k at p[i·ps + k] (k together) or p[k·ps + i] (rows together). `init` null: zeros. */
typedef void Tile(const float *p, long ps, const float *q, long qs, long k, const float *init, long is,
		  float *out, long os);

INLINE void tile(const int rows, const int vectors, const int k_together, const float *p, long ps,
		 const float *q, long qs, long K, const float *init, long is, float *out, long os)
{
	vf acc[MR][NV];
	const float *pi[MR];
	UNROLL
	for (int i = 0; i < rows; i++) {
		pi[i] = p + i * ps;
		UNROLL
		for (int v = 0; v < vectors; v++)
			acc[i][v] = init ? load(init + i * is + v * VL) : splat(0);
	}
	if (k_together) {
		for (long k = 0; k < K; k++, q += qs) {
			vf b[NV];
			UNROLL
			for (int v = 0; v < vectors; v++)
				b[v] = load(q + v * VL);
			UNROLL
			for (int i = 0; i < rows; i++) {
				vf a = splat(pi[i][k]);
				UNROLL
				for (int v = 0; v < vectors; v++)
					acc[i][v] = muladd(a, b[v], acc[i][v]);
			}
		}
	} else {
		for (long k = 0; k < K; k++, q += qs, p += ps) {
			vf b[NV];
			UNROLL
			for (int v = 0; v < vectors; v++)
				b[v] = load(q + v * VL);
			UNROLL
			for (int i = 0; i < rows; i++) {
				vf a = splat(p[i]);
				UNROLL
				for (int v = 0; v < vectors; v++)
					acc[i][v] = muladd(a, b[v], acc[i][v]);
			}
		}
	}
	UNROLL
	for (int i = 0; i < rows; i++) {
		UNROLL
		for (int v = 0; v < vectors; v++)
			store(out + i * os + v * VL, acc[i][v]);
	}
}

#define TILE(rows, vectors, together)                                                                      \
	static void tile_##rows##_##vectors##_##together(const float *p, long ps, const float *q, long qs, \
							 long k, const float *init, long is, float *out,   \
							 long os)                                          \
	{                                                                                                  \
		tile(rows, vectors, together, p, ps, q, qs, k, init, is, out, os);                         \
	}
#define TILES(rows) TILE(rows, 1, 0) TILE(rows, 2, 0) TILE(rows, 1, 1) TILE(rows, 2, 1)
/* clang-format off */
#define ROW(rows)                                            \
	{                                                    \
		{ tile_##rows##_1_0, tile_##rows##_2_0 },    \
		{ tile_##rows##_1_1, tile_##rows##_2_1 },    \
	}
TILES(1) TILES(2) TILES(3) TILES(4)
#if MR > 4
TILES(5) TILES(6)
#endif
#if MR > 6
TILES(7) TILES(8)
#endif
#if MR > 8
TILES(9) TILES(10) TILES(11) TILES(12)
#endif

static Tile *const tiles[MR][2][NV] = {
	ROW(1), ROW(2), ROW(3), ROW(4),
#if MR > 4
	ROW(5), ROW(6),
#endif
#if MR > 6
	ROW(7), ROW(8),
#endif
#if MR > 8
	ROW(9), ROW(10), ROW(11), ROW(12),
#endif
};
/* clang-format on */

/* ---- packing ------------------------------------------------------------------------------------- */

/** A panel of Q: `lanes` ≤ NR lanes of K steps as [K][NR], padded with zeros. */
static void pack_panel(float *to, const float *q, long qks, long qls, long K, long lanes)
{
	if (qls == 1) {
		if (lanes == NR) {
			for (long k = 0; k < K; k++)
				for (int v = 0; v < NV; v++)
					store(to + k * NR + v * VL, load(q + k * qks + v * VL));
			return;
		}
		for (long k = 0; k < K; k++)
			for (long l = 0; l < NR; l++)
				to[k * NR + l] = l < lanes ? q[k * qks + l] : 0;
		return;
	}
	for (long v = 0; v < NR; v += VL) {
		const long here = lanes - v < VL ? lanes - v : VL;
		const float *from = q + v * qls;
		long k = 0;
		if (here == VL)
			for (; k + VL <= K; k += VL) {
				vf r[VL];
				UNROLL
				for (int i = 0; i < VL; i++)
					r[i] = load(from + i * qls + k);
				transpose(r);
				UNROLL
				for (int i = 0; i < VL; i++)
					store(to + (k + i) * NR + v, r[i]);
			}
		for (; k < K; k++)
			for (long i = 0; i < VL; i++)
				to[k * NR + v + i] = i < here ? from[i * qls + k] : 0;
	}
}

/** A tile of P: `rows` × K as [K][rows]. May write up to VL floats behind its end. */
static void pack_rows(float *to, const float *p, long prs, long pks, long K, long rows)
{
	long k = 0;
	if (prs == 1) {
		for (; k < K; k++)
			for (long i = 0; i < rows; i++)
				to[k * rows + i] = p[k * pks + i];
		return;
	}
#if MR <= VL
	/* Each store's surplus is overwritten by the next. */
	for (; k + VL <= K; k += VL) {
		vf r[VL];
		UNROLL
		for (int i = 0; i < VL; i++)
			r[i] = i < MR ? load(p + (i < rows ? i : 0) * prs + k) : splat(0);
		transpose(r);
		UNROLL
		for (int i = 0; i < VL; i++)
			store(to + (k + i) * rows, r[i]);
	}
#endif
	for (; k < K; k++)
		for (long i = 0; i < rows; i++)
			to[k * rows + i] = p[i * prs + k * pks];
}

/* ---- edges: tiles whose output is narrow or turned ------------------------------------------------- */

/** The first `count` floats of x. The counts of whole tiles are constants, copied without a loop. */
INLINE void put_lanes(float *to, vf x, long count)
{
	float lanes[VL] __attribute__((aligned(VL * 4)));
	store(lanes, x);
	switch (count) {
#define PUT_LANES(n)                                \
	case n:                                     \
		__builtin_memcpy(to, lanes, 4 * n); \
		return;
#if VL >= 8
		PUT_LANES(5)
		PUT_LANES(6)
		PUT_LANES(7)
		PUT_LANES(8)
#endif
		PUT_LANES(3)
		PUT_LANES(4)
	default:
		for (long i = 0; i < count; i++)
			to[i] = lanes[i];
	}
}

static void edge_tile(Tile *run, const Product *x, const float *p, long ps, const float *q, long qs, long k,
		      int first, long r, long l, long rows, long lanes)
{
	float part[MR * NR] __attribute__((aligned(64)));
	const float *init = part;
	long is = NR;
	float *out = x->O + r * x->ors + l * x->ols;
	switch (first ? x->start : START_SELF) {
	case START_ZERO: init = 0; break;
	case START_LANES:
		for (long j = 0; j < NR; j++)
			part[j] = j < lanes ? x->bias[l + j] : 0;
		is = 0;
		break;
	case START_ROWS:
		for (long i = 0; i < rows; i++)
			for (long v = 0; v < NR; v += VL)
				store(part + i * NR + v, splat(x->bias[r + i]));
		break;
	case START_SELF:
		for (long i = 0; i < rows; i++)
			for (long j = 0; j < NR; j++)
				part[i * NR + j] = j < lanes ? out[i * x->ors + j * x->ols] : 0;
	}
	run(p, ps, q, qs, k, init, is, part, NR);
	for (long v = 0; v < lanes; v += VL) {
		const long wide = lanes - v < VL ? lanes - v : VL;
		if (x->ols == 1) {
			for (long i = 0; i < rows; i++)
				if (wide == VL)
					store(out + i * x->ors + v, load(part + i * NR + v));
				else
					put_lanes(out + i * x->ors + v, load(part + i * NR + v), wide);
			continue;
		}
		for (long i = 0; i < rows; i += VL) {
			vf t[VL];
			const long high = rows - i < VL ? rows - i : VL;
			UNROLL
			for (long a = 0; a < VL; a++)
				t[a] = load(part + (i + (a < high ? a : 0)) * NR + v);
			transpose(t);
			float *to = out + i + v * x->ols;
			if (wide == VL) {
				UNROLL
				for (long a = 0; a < VL; a++)
					put_lanes(to + a * x->ols, t[a], high);
			} else {
				for (long a = 0; a < wide; a++)
					put_lanes(to + a * x->ols, t[a], high);
			}
		}
	}
}

/* ---- blocks -------------------------------------------------------------------------------------- */

INLINE long smaller(long a, long b) { return a < b ? a : b; }
INLINE long ceiling(long a, long b) { return (a + b - 1) / b; }
/** First row of tile t, when R rows are divided among tiles whose heights differ by at most one. */
INLINE long tile_row(long R, long tile_count, long t)
{
	return t * (R / tile_count) + smaller(t, R % tile_count);
}

/**
 * Rows [tile0, tile1) of R's tiles × lanes [l0, l1). `together`: all threads do this with the same lanes,
 * and pack Q for each other.
 */
static void product_part(Worker *w, const Product *x, long tile0, long tile1, long l0, long l1, int together,
			 float *space, long floats)
{
	const long R = x->R, K = x->K, tile_count = ceiling(R, MR);
	/* The same for all threads that pack together: they meet equally often. */
	const long tiles_each = together ? ceiling(tile_count, w->count) : tile1 - tile0;
	const int direct = x->qls == 1 && (tiles_each <= DIRECT_TILES || K <= DIRECT_K);
	const long most = x->ols == 1 ? KC : KC_TURNED;
	const long k_blocks = K ? ceiling(K, most) : 1, kb = ceiling(K, k_blocks);
	const long width = l1 - l0, panels_all = ceiling(width, NR);
	const int pack_p = panels_all >= PACK_PANELS && !(x->prs == 1 && kb <= DIRECT_K);
	/* Panels per block of packed Q. One that no other panel uses is used at once, while it is in cache. */
	long nc = direct ? panels_all : smaller(panels_all, floats / 2 / (kb * NR + 1));
	if (nc < 1 || (!direct && !together && !pack_p))
		nc = 1;
	/* The next tile's outputs are fetched while one is computed, where they cannot be near. */
	const int far = R * x->L > FAR_OUTPUTS;
	int half = 0;
	float *tail = w->scratch, *rows_packed = w->scratch + KC_TURNED * NR;
	for (long j0 = 0; j0 < panels_all; j0 += nc) {
		const long j1 = smaller(j0 + nc, panels_all);
		for (long k0 = 0, first = 1; first || k0 < K; k0 += kb, first = 0) {
			const long k = smaller(kb, K - k0);
			const float *q = x->Q + k0 * x->qks + l0 * x->qls;
			float *packed = space + half * (floats / 2);
			if (!direct) {
				long from = j0, to = j1;
				if (together) {
					share(w, j1 - j0, 1, &from, &to);
					from += j0, to += j0;
				}
				for (long j = from; j < to; j++)
					pack_panel(packed + (j - j0) * k * NR, q + j * NR * x->qls, x->qks,
						   x->qls, k, smaller(NR, width - j * NR));
				if (together)
					team_meet(w), half ^= 1;
			} else if (width % NR && j1 == panels_all) {
				pack_panel(tail, q + (j1 - 1) * NR * x->qls, x->qks, x->qls, k, width % NR);
			}
			const long rows_block = pack_p ? MC / MR : tile1 - tile0;
			for (long t0 = tile0; t0 < tile1; t0 += rows_block) {
				const long t1 = smaller(t0 + rows_block, tile1);
				const long first_row = tile_row(R, tile_count, t0);
				if (pack_p)
					for (long t = t0; t < t1; t++) {
						long r = tile_row(R, tile_count, t);
						long rows = tile_row(R, tile_count, t + 1) - r;
						pack_rows(rows_packed + (r - first_row) * k,
							  x->P + r * x->prs + k0 * x->pks, x->prs, x->pks, k,
							  rows);
					}
				for (long j = j0; j < j1; j++) {
					const long l = l0 + j * NR, lanes = smaller(NR, l1 - l);
					const int last = direct && lanes < NR;
					const float *panel = !direct ? packed + (j - j0) * k * NR
							     : last  ? tail
								     : q + j * NR;
					const long qs = direct && !last ? x->qks : NR;
					for (long t = t0; t < t1; t++) {
						const long r = tile_row(R, tile_count, t);
						const long rows = tile_row(R, tile_count, t + 1) - r;
						const int k_together = !pack_p && x->prs != 1;
						const float *p = pack_p ? rows_packed + (r - first_row) * k
									: x->P + r * x->prs + k0 * x->pks;
						const long ps = pack_p ? rows : k_together ? x->prs : x->pks;
						Tile *run = tiles[rows - 1][k_together][lanes > VL];
						if (lanes < NR || x->ols != 1 ||
						    (first && x->start == START_ROWS)) {
							edge_tile(run, x, p, ps, panel, qs, k, first, r, l,
								  rows, lanes);
							continue;
						}
						float *out = x->O + r * x->ors + l;
						if (far)
							for (long i = rows; i < rows + MR && r + i < R; i++)
								__builtin_prefetch(out + i * x->ors, 1);
						if (!first || x->start == START_SELF)
							run(p, ps, panel, qs, k, out, x->ors, out, x->ors);
						else
							run(p, ps, panel, qs, k,
							    x->start == START_LANES ? x->bias + l : 0, 0, out,
							    x->ors);
					}
				}
			}
		}
	}
}

/** Cycles that an orientation costs, roughly. */
static double cost(long R, long L, long K, long qls, int turned)
{
	double vectors = ceiling(L, VL), tile_rows = ceiling(R, ceiling(R, MR));
	/* Two multiply-adds a cycle of four cycles' latency want eight sums under way. */
	double chains = tile_rows * (vectors < NV ? vectors : NV);
	double compute = vectors * R * K / 2 * (chains < 8 ? 8 / chains : 1);
	int direct = qls == 1 && (ceiling(R, MR) <= DIRECT_TILES || K <= DIRECT_K);
	return compute + (direct ? 0 : L * K * (qls == 1 ? 0.3 : 0.5)) + (turned ? 1.0 * R * L : 0);
}

/** C [m,n] = start + A [m,k] · B [k,n]; `ta`: A lies as its transpose [k,m], `tb` likewise. */
static void gemm(Worker *w, float *C, const float *A, const float *B, const float *bias, enum start start,
		 long m, long n, long k, int ta, int tb)
{
	if (m == 0 || n == 0)
		return;
	const long ars = ta ? 1 : k, acs = ta ? m : 1, brs = tb ? 1 : n, bcs = tb ? k : 1;
	Product x;
	if (cost(m, n, k, bcs, 0) <= cost(n, m, k, ars, 1)) {
		x = (Product){ A, B, bias, C, ars, acs, brs, bcs, n, 1, m, n, k, start };
	} else {
		x = (Product){ B,   A, bias, C, bcs, brs, acs,
			       ars, 1, n,    n, m,   k,	  start == START_LANES ? START_ROWS : start };
	}
	/* A dimension of one makes both strides meaningless; the tiles want one of them to be 1. */
	if (x.prs != 1 && x.pks != 1)
		*(x.K == 1 ? &x.pks : &x.prs) = 1;

	const long tile_count = ceiling(x.R, MR), panels = ceiling(x.L, NR), count = w->count;
	/* Rows keep a thread on the same weights in every verb; lanes where rows would leave threads idle. */
	const double by_rows = (double)tile_count / (ceiling(tile_count, count) * count);
	const double by_lanes = (double)panels / (ceiling(panels, count) * count);
	if (count == 1 || by_rows * 1.1 < by_lanes) {
		long l0, l1;
		share(w, x.L, NR, &l0, &l1);
		if (l0 < l1)
			product_part(w, &x, 0, tile_count, l0, l1, 0,
				     w->shared + SHARED_FLOATS / count * w->id, SHARED_FLOATS / count);
	} else {
		product_part(w, &x, tile_count * w->id / count, tile_count * (w->id + 1) / count, 0, x.L, 1,
			     w->shared, SHARED_FLOATS);
	}
}

VERB(gemm)
{
	gemm(w, FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), (enum start)a[4], LONG(5), LONG(6), LONG(7),
	     INT(8), INT(9));
}

#endif
