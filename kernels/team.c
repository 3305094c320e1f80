/*
 * The team: thread 0 is the caller, the others wait for lists. They run a list in step: a command large
 * enough is shared, a small one is thread 0's, and they meet between commands that could disturb each other.
 *
 * Waiting spins briefly, then sleeps: on a busy machine a spinning thread keeps others from working. Where
 * thread 0 waits long for the others, they have lost their cores to other programs; it then goes on alone for
 * a while, longer each time it happens again. That is all the clock decides: bits do not depend on it.
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
/** Sleepers are woken; that they look up after so many nanoseconds only bounds what a fault could cost. */
#define SLEEP 1000000000
/**
 * A busy machine: in one list, thread 0 has waited for the others so many nanoseconds, and this share of the
 * time. On a calm one it waits microseconds.
 */
#define LATE_LEAST 1e6
#define LATE_SHARE 0.3
/** Nanoseconds alone after that: doubled each time it happens again, up to the most. */
#define ALONE_LEAST 30e6
#define ALONE_MOST 2000e6
/** Nanoseconds of work together without it that halve the next such time. */
#define FORGIVING 200e6

static int32_t seen(const int32_t *value) { return __atomic_load_n(value, __ATOMIC_ACQUIRE); }
static int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static int reached(int32_t now, int32_t goal) { return plus(now, -goal) >= 0; }

/** Waits until the flag reaches `goal`. Returns whether that took more than spinning. */
static int await(Flag *flag, int32_t goal)
{
	for (int i = 0; i < SPINS; i++) {
		if (reached(seen(&flag->value), goal))
			return 0;
		cpu_relax();
	}
	__atomic_fetch_add(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		const int32_t now = __atomic_load_n(&flag->value, __ATOMIC_SEQ_CST);
		if (reached(now, goal))
			break;
		os_wait(&flag->value, now, SLEEP);
	}
	__atomic_fetch_sub(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
	return 1;
}

static void announce(Flag *flag, int32_t value)
{
	__atomic_store_n(&flag->value, value, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&flag->sleepers, __ATOMIC_SEQ_CST))
		os_wake(&flag->value);
}

/** Thread 0 works alone from now on; the others find out when they are released from meeting `at`. */
static void part(Team *team, int32_t at, double now)
{
	team->alone_for = team->alone_for > 0 ? 2 * team->alone_for : ALONE_LEAST;
	if (team->alone_for > ALONE_MOST)
		team->alone_for = ALONE_MOST;
	team->alone_until = now + team->alone_for;
	team->parted = at;
	team->workers[0].count = 1;
}

/** Waits for all. Between commands (`may_part`) the team may part: then the others leave with count 0. */
static void meet(Worker *w, int may_part)
{
	Team *team = w->team;
	const int32_t number = w->meetings = plus(w->meetings, 1);
	if (w->id) {
		announce(&team->arrived[w->id], number);
		await(&team->released, number);
		if (team->parted == number)
			w->count = 0;
		return;
	}
	const double before = os_now();
	int slept = 0;
	for (int id = 1; id < w->count; id++)
		slept |= await(&team->arrived[id], number);
	if (slept) {
		const double now = os_now();
		team->waited += now - before;
		if (may_part && team->waited > LATE_LEAST && team->waited > LATE_SHARE * (now - team->began))
			part(team, number, now);
	}
	announce(&team->released, number);
}

void team_meet(Worker *w)
{
	if (w->count > 1)
		meet(w, 0);
}

static void run_list(Worker *w, const double *list, long words)
{
	const Isa *isa = w->team->isa;
	Worker alone = *w;
	alone.count = 1;
	int shared = 0;
	for (const double *c = list; c < list + words; c += (long)c[1]) {
		const int split = w->count > 1 && c[2] >= SHARED_WORK;
		if (split || shared) {
			meet(w, 1);
			if (w->count == 0)
				return;
		}
		shared = split && w->count > 1;
		if (shared)
			isa->run(w, c);
		else if (w->id == 0)
			isa->run(&alone, c);
	}
	if (w->count > 1)
		meet(w, 1);
}

void team_run(Team *team, const double *list, long words)
{
	Worker *me = &team->workers[0];
	int divisible = 0;
	for (const double *c = list; c < list + words; c += (long)c[1])
		divisible |= c[2] >= SHARED_WORK;
	me->count = 1;
	if (divisible && team->size > 1) {
		team->began = os_now();
		const int32_t ready = seen(&team->ready);
		if (team->began >= team->alone_until)
			me->count = ready < team->size ? ready : team->size;
	}
	if (me->count == 1) {
		run_list(me, list, words);
		return;
	}
	team->list = list;
	team->words = words;
	team->meetings_at_start = me->meetings;
	team->waited = 0;
	announce(&team->lists, plus((team->lists.value & ~255), 256 + me->count));
	run_list(me, list, words);
	if (me->count > 1) {
		team->together += os_now() - team->began;
		if (team->together > FORGIVING) {
			team->together = 0;
			team->alone_for = team->alone_for > ALONE_LEAST ? team->alone_for / 2 : 0;
		}
	}
}

void team_work(Team *team, int id)
{
	Worker *me = &team->workers[id];
	int32_t latest = seen(&team->lists.value);
	for (int32_t ready; (ready = seen(&team->ready)) != id;) /* in the order of their numbers */
		os_wait(&team->ready, ready, SLEEP);
	__atomic_store_n(&team->ready, id + 1, __ATOMIC_SEQ_CST);
	os_wake(&team->ready);
	/* A team may close before this thread has come to life: then no list follows `latest`. */
	while (!seen(&team->closing)) {
		await(&team->lists, plus(latest, 1));
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
