/*
 * The team: thread 0 is the caller, the others wait for lists. They run a list in step: a command large
 * enough is shared, a small one is thread 0's, and they meet between commands that could disturb each other.
 *
 * Waiting spins briefly, then sleeps: on a busy machine a spinning thread keeps others from working. A thread
 * that comes much later than its share of the work explains has lost its core to another program; thread 0
 * then goes on alone for a while, longer each time it happens again. Bits do not depend on who computes.
 */
#include "team_state.h"

/** Nanoseconds of one thread's work from which sharing a command pays: two meetings cost about 0.5 µs. */
#define SHARED_WORK 3000
/** Looks at a flag before going to sleep: some 30 µs. A sleeper takes about 50 µs to come back. */
#if defined(__wasm__)
#define SPINS 15000
#else
#define SPINS 1500
#endif
/** Thread 0 looks up from its sleep after so many nanoseconds, and by that measures how late the others are. */
#define NAP 500000
/** The others sleep until they are woken; this only bounds what a fault could cost. */
#define SLEEP 1000000000
/** Work done alone after a late partner, in estimated nanoseconds: doubled up to the most. */
#define ALONE_LEAST 20e6
#define ALONE_MOST 1600e6

static int32_t seen(const int32_t *value) { return __atomic_load_n(value, __ATOMIC_ACQUIRE); }
static int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static int reached(int32_t now, int32_t goal) { return plus(now, -goal) >= 0; }

/** Waits until the flag reaches `goal`. Returns nanoseconds asleep, in whole naps of `nap`. */
static double await(Flag *flag, int32_t goal, int64_t nap)
{
	for (int i = 0; i < SPINS; i++) {
		if (reached(seen(&flag->value), goal))
			return 0;
		cpu_relax();
	}
	double asleep = 0;
	__atomic_fetch_add(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		const int32_t now = __atomic_load_n(&flag->value, __ATOMIC_SEQ_CST);
		if (reached(now, goal))
			break;
		if (os_wait(&flag->value, now, nap))
			asleep += (double)nap;
	}
	__atomic_fetch_sub(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
	return asleep;
}

static void announce(Flag *flag, int32_t value)
{
	__atomic_store_n(&flag->value, value, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&flag->sleepers, __ATOMIC_SEQ_CST))
		os_wake(&flag->value);
}

/** Thread 0 works alone from now on; the others find out when they are released from meeting `at`. */
static void part(Team *team, int32_t at)
{
	team->alone_for = team->alone_for > 0 ? 2 * team->alone_for : ALONE_LEAST;
	if (team->alone_for > ALONE_MOST)
		team->alone_for = ALONE_MOST;
	team->alone_left = team->alone_for;
	team->parted = at;
	team->workers[0].count = 1;
}

/**
 * Waits for all. Between commands (`expected` ≥ 0: nanoseconds of work since the last such meeting) the team
 * may part: then the others leave with count 0.
 */
static void meet(Worker *w, double expected)
{
	Team *team = w->team;
	const int32_t number = w->meetings = plus(w->meetings, 1);
	if (w->id) {
		announce(&team->arrived[w->id], number);
		await(&team->released, number, SLEEP);
		if (team->parted == number)
			w->count = 0;
		return;
	}
	for (int id = 1; id < w->count; id++)
		team->late += await(&team->arrived[id], number, NAP);
	if (expected >= 0) {
		if (team->late > 2 * NAP + expected / 4)
			part(team, number);
		team->late = 0;
	}
	announce(&team->released, number);
}

void team_meet(Worker *w)
{
	if (w->count > 1)
		meet(w, -1);
}

static void run_list(Worker *w, const double *list, long words)
{
	const Isa *isa = w->team->isa;
	Worker alone = *w;
	alone.count = 1;
	double expected = 0;
	int shared = 0;
	for (const double *c = list; c < list + words; c += (long)c[1]) {
		const int split = w->count > 1 && c[2] >= SHARED_WORK;
		if (split || shared) {
			meet(w, expected);
			if (w->count == 0)
				return;
			expected = 0;
		}
		shared = split && w->count > 1;
		expected += c[2];
		if (shared)
			isa->run(w, c);
		else if (w->id == 0)
			isa->run(&alone, c);
	}
	if (w->count > 1)
		meet(w, expected);
}

void team_run(Team *team, const double *list, long words)
{
	Worker *me = &team->workers[0];
	double work = 0;
	int divisible = 0;
	for (const double *c = list; c < list + words; c += (long)c[1]) {
		work += c[2];
		divisible |= c[2] >= SHARED_WORK;
	}
	me->count = 1;
	if (divisible && team->alone_left <= 0) {
		const int32_t ready = seen(&team->ready);
		me->count = ready < team->size ? ready : team->size;
	}
	team->alone_left -= work;
	if (me->count > 1) {
		team->list = list;
		team->words = words;
		team->meetings_at_start = me->meetings;
		announce(&team->lists, plus((team->lists.value & ~255), 256 + me->count));
	}
	run_list(me, list, words);
	/* As many good times as bad ones forgive. */
	if (me->count > 1)
		team->alone_for = team->alone_for > work / 4 ? team->alone_for - work / 4 : 0;
}

void team_work(Team *team, int id)
{
	Worker *me = &team->workers[id];
	int32_t latest = seen(&team->lists.value);
	for (int32_t ready; (ready = seen(&team->ready)) != id;) /* in the order of their numbers */
		os_wait(&team->ready, ready, NAP);
	__atomic_store_n(&team->ready, id + 1, __ATOMIC_SEQ_CST);
	os_wake(&team->ready);
	/* A team may close before this thread has come to life: then no list follows `latest`. */
	while (!seen(&team->closing)) {
		await(&team->lists, plus(latest, 1), SLEEP);
		latest = seen(&team->lists.value);
		/* Included, this thread is waited for, and the list stays; else it may be any by now. */
		const int count = latest & 255;
		if (id < count) {
			me->count = count;
			me->meetings = team->meetings_at_start;
			run_list(me, team->list, team->words);
		}
	}
}

void team_close(Team *team)
{
	__atomic_store_n(&team->closing, 1, __ATOMIC_SEQ_CST);
	announce(&team->lists, plus(team->lists.value & ~255, 256));
}
