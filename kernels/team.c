/*
 * The team: thread 0, the caller, runs a list. A large command is a job that it shares with the
 * threads that are awake; a small one it does itself. The others wait for jobs and know nothing of lists.
 *
 * Waiting spins briefly, then sleeps: on a busy machine a spinning thread keeps others from working. A
 * sleeping thread is not waited for unless the job is worth a wake-up; it is called, and takes part in the next. Where
 * waiting costs more than sharing saves, the others have lost their cores to other programs: thread 0 then
 * goes on alone for a while, longer each time it happens again. Nothing else depends on the clock, and
 * results never do.
 */
#include "team_state.h"

/**
 * Nanoseconds of one thread's work from which sharing a command pays: its two messages cost some 0.5 µs, and
 * calling a sleeper some 5 µs.
 */
#define SHARED_WORK 10000
/** The same where others have to be woken first, which takes 50 µs, on virtual machines several times that. */
#define WAKING_WORK 600e3
/** Looks at a flag in some 20 ns: WebAssembly has no way to pause between them. */
#if defined(__wasm__)
#define LOOKS 30
#else
#define LOOKS 1
#endif
/**
 * Looks before going to sleep: some 40 µs between jobs; 400 µs within a job, where the others are about to
 * come, and after a call, until a job of WAKING_WORK may be over.
 */
#define BRIEFLY (2000 * LOOKS)
#define PATIENTLY (10 * BRIEFLY)
/** Sleepers are woken; that they check after this many nanoseconds only bounds the cost of a bug. */
#define SLEEP 1000000000
/** Jobs between two calls of the same sleeper. */
#define CALL_EVERY 16
/** Nanoseconds that sharing may cost more than it saves before thread 0 goes on alone; as much saved is enough. */
#define PATIENCE 3e6
/** Nanoseconds alone after that: doubled each time, up to the most, until sharing has paid for itself again. */
#define ALONE_LEAST 5e6
#define ALONE_MOST 2000e6

static int32_t seen(const int32_t *value) { return __atomic_load_n(value, __ATOMIC_ACQUIRE); }
static int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static int reached(int32_t now, int32_t goal) { return plus(now, -goal) >= 0; }

/** Spins until the flag reaches `goal`; returns whether it did in time. */
static int spin(const Flag *flag, int32_t goal, int looks)
{
	for (int i = 0; i < looks; i++) {
		if (reached(seen(&flag->value), goal))
			return 1;
		cpu_relax();
	}
	return 0;
}

/** Waits until the flag reaches `goal`. One that is woken before that was called. */
static void await(Flag *flag, int32_t goal, int looks)
{
	for (; !spin(flag, goal, looks); looks = PATIENTLY) {
		__atomic_fetch_add(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
		const int32_t now = __atomic_load_n(&flag->value, __ATOMIC_SEQ_CST);
		if (!reached(now, goal))
			os_wait(&flag->value, now, SLEEP);
		__atomic_fetch_sub(&flag->sleepers, 1, __ATOMIC_SEQ_CST);
	}
}

static void announce(Flag *flag, int32_t value)
{
	__atomic_store_n(&flag->value, value, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&flag->sleepers, __ATOMIC_SEQ_CST))
		os_wake(&flag->value);
}

/** `await` for thread 0, which keeps the time where it has to sleep. */
static void await_others(Team *team, Flag *flag, int32_t goal)
{
	if (spin(flag, goal, PATIENTLY))
		return;
	const double before = os_now();
	await(flag, goal, PATIENTLY);
	team->waited += os_now() - before;
}

void team_meet(Worker *w)
{
	Team *team = w->team;
	const int32_t number = w->meetings = plus(w->meetings, 1);
	if (w->count == 1)
		return;
	if (w->id) {
		announce(&team->arrived[w->id], number);
		await(&team->released, number, PATIENTLY);
		return;
	}
	for (int id = 1; id < w->count; id++)
		await_others(team, &team->arrived[id], number);
	announce(&team->released, number);
}

/** Whether this seat's thread takes part in a job of `work` nanoseconds. A sleeper not worth waiting for is called. */
static int takes_part(Seat *seat, double work)
{
	if (!seen(&seat->alive))
		return 0;
	if (!seen(&seat->posted.sleepers) || work >= WAKING_WORK)
		return 1;
	if (seat->missed++ % CALL_EVERY == 0)
		os_wake(&seat->posted.value);
	return 0;
}

/** Accounts for what sharing has saved or cost: thread 0 works alone for a while if the others are late too often. */
static void judge(Team *team, double saved)
{
	team->saved += saved;
	if (team->saved > PATIENCE) {
		team->saved = PATIENCE;
		team->alone_for = 0;
	} else if (team->saved < -PATIENCE) {
		team->saved = 0;
		team->alone_for = team->alone_for > 0 ? 2 * team->alone_for : ALONE_LEAST;
		if (team->alone_for > ALONE_MOST)
			team->alone_for = ALONE_MOST;
		team->alone_until = os_now() + team->alone_for;
	}
}

/** Runs one command on all threads that are awake; returns when all are done. */
static void run_shared(Team *team, const double *command, double work)
{
	Worker *me = &team->workers[0];
	int count = 1, others[MOST_THREADS];
	for (int i = 1; i < team->size; i++)
		if (takes_part(&team->seats[i], work))
			others[count++] = i;
	me->count = count;
	team->command = command;
	for (int rank = 1; rank < count; rank++) {
		Seat *seat = &team->seats[others[rank]];
		Worker *w = &team->workers[others[rank]];
		w->id = rank;
		w->count = count;
		w->meetings = me->meetings;
		seat->missed = 0;
		announce(&seat->posted, plus(seat->posted.value, 1));
	}
	team->waited = 0;
	team->isa->run(me, command);
	for (int rank = 1; rank < count; rank++) {
		Seat *seat = &team->seats[others[rank]];
		await_others(team, &seat->done, seat->posted.value);
	}
	me->count = 1;
	judge(team, work - work / count - team->waited);
}

void team_run(Team *team, const double *list, long words)
{
	for (const double *c = list; c < list + words; c += (long)c[1]) {
		const double work = c[2];
		if (team->alone_until > 0 && os_now() > team->alone_until)
			team->alone_until = 0;
		if (work >= SHARED_WORK && team->alone_until == 0)
			run_shared(team, c, work);
		else
			team->isa->run(&team->workers[0], c);
	}
}

void team_work(Team *team, int id)
{
	Seat *seat = &team->seats[id];
	__atomic_store_n(&seat->alive, 1, __ATOMIC_SEQ_CST);
	for (int32_t job = 1;; job = plus(job, 1)) {
		await(&seat->posted, job, BRIEFLY);
		if (seen(&team->closing))
			return;
		team->isa->run(&team->workers[id], team->command);
		announce(&seat->done, job);
	}
}

void team_close(Team *team)
{
	__atomic_store_n(&team->closing, 1, __ATOMIC_SEQ_CST);
	for (int id = 1; id < team->size; id++)
		announce(&team->seats[id].posted, plus(team->seats[id].posted.value, 1));
}
