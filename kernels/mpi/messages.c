/* How messages travel: in parts, in order, a few of each way at once. It adds nothing up, so that no bit depends on it. */
#define _GNU_SOURCE
#include "messages.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Messages under way at once; more are a bug of the caller. */
#define MOST 4096
/**
 * Bytes that travel at once: less than what Open MPI sends by TCP without asking first (64 KiB). Its answers wait behind
 * whatever else goes the same way, so that of longer parts only one direction moves at a time: of 23 MB each way at
 * 1 Gbit/s, 385 ms instead of 195.
 */
#define PART 60000
/** Parts under way at once, of one peer, channel and direction. */
#define WINDOW 16
#define NEWS_CHANNEL 99
/** Nanoseconds of looking without a pause, then the pause between two looks: of who waits, of the thread beside kernels. */
#define EAGER 100000
#define NAP 30000
#define LONG_NAP 500000
#define NAP_BESIDE 100000
/** Nanoseconds of waiting after which naps are long: whoever is waited for has other things to do. */
#define PATIENT 200000000

enum state { UNUSED, QUEUED, ACTIVE, DONE, FAILED };

typedef struct {
	volatile int state;
	int is_send, peer, channel;
	char *data;
	size_t bytes, started;
	/** Parts under way, and whether one has failed. */
	int parts, has_failed;
	/** The next message of its lane, −1: none. */
	int next;
} Message;

/** Messages of one peer, channel and direction, which start one after the other. */
typedef struct {
	int head, tail, parts;
} Lane;

static MPI_Comm comm;
static int size;

static Message messages[MOST];

/** Guards MPI itself and what is active. */
static pthread_mutex_t mpi_door = PTHREAD_MUTEX_INITIALIZER;
static Lane *lanes;
/** Parts under way: their requests, and the messages they are of. */
static MPI_Request *requests;
static int *owners, *finished, active;
static MPI_Status *statuses;

/** Guards the queue and the thread's sleep. */
static pthread_mutex_t queue_door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static int queue[MOST], queued;
static volatile int outstanding, is_waited_for, closing;

/** What another process has told of its failure; only the first hears it. */
static char news[NEWS_BYTES];
static MPI_Request news_request = MPI_REQUEST_NULL;
static volatile int has_news;

static pthread_t thread;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static void nap(long nanoseconds)
{
	const struct timespec time = { 0, nanoseconds };
	nanosleep(&time, 0);
}

/* ---- messages, by whoever holds mpi_door -------------------------------------------------------------- */

static Lane *lane_of(const Message *m) { return &lanes[(m->peer * CHANNELS + m->channel) * 2 + m->is_send]; }

/** A part is over; with the last one, the message is. */
static void end(Message *m, int error)
{
	m->parts--;
	lane_of(m)->parts--;
	if (error != MPI_SUCCESS)
		m->has_failed = 1;
	if (m->parts > 0 || m->started < m->bytes)
		return;
	__atomic_store_n(&m->state, m->has_failed ? FAILED : DONE, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&outstanding, 1, __ATOMIC_SEQ_CST);
}

/** Starts parts in order, as many as may be under way. */
static void feed(Lane *lane)
{
	while (lane->head >= 0 && lane->parts < WINDOW) {
		const int number = lane->head;
		Message *m = &messages[number];
		const size_t left = m->bytes - m->started;
		const int bytes = (int)(left < PART ? left : PART);
		char *data = m->data + m->started;
		const int error = m->is_send ? MPI_Isend(data, bytes, MPI_BYTE, m->peer, m->channel, comm,
							 &requests[active])
					     : MPI_Irecv(data, bytes, MPI_BYTE, m->peer, m->channel, comm,
							 &requests[active]);
		m->state = ACTIVE;
		m->started += (size_t)bytes;
		m->parts++;
		lane->parts++;
		if (m->started == m->bytes)
			lane->head = m->next;
		if (error != MPI_SUCCESS)
			end(m, error);
		else
			owners[active++] = number;
	}
}

/** Behind the messages that go the same way. */
static void enqueue(int number)
{
	Message *m = &messages[number];
	Lane *lane = lane_of(m);
	m->next = -1;
	if (lane->head < 0)
		lane->head = number;
	else
		messages[lane->tail].next = number;
	lane->tail = number;
	feed(lane);
}

static void drive(void)
{
	static int given[MOST];
	int count, done = 0;
	pthread_mutex_lock(&queue_door);
	count = queued;
	memcpy(given, queue, (size_t)count * sizeof *queue);
	queued = 0;
	pthread_mutex_unlock(&queue_door);
	for (int i = 0; i < count; i++)
		enqueue(given[i]);
	if (!has_news && news_request != MPI_REQUEST_NULL) {
		int flag = 0;
		MPI_Test(&news_request, &flag, MPI_STATUS_IGNORE);
		if (flag)
			__atomic_store_n(&has_news, 1, __ATOMIC_RELEASE);
	}
	if (active == 0)
		return;
	const int error = MPI_Testsome(active, requests, &done, finished, statuses);
	if (done == MPI_UNDEFINED || done <= 0)
		return;
	for (int i = 0; i < done; i++) {
		const int at = finished[i];
		Message *m = &messages[owners[at]];
		end(m, error == MPI_ERR_IN_STATUS ? statuses[i].MPI_ERROR : error);
		owners[at] = -1;
	}
	int kept = 0;
	for (int at = 0; at < active; at++) {
		if (owners[at] < 0)
			continue;
		owners[kept] = owners[at];
		requests[kept++] = requests[at];
	}
	active = kept;
	for (int i = 0; i < size * CHANNELS * 2; i++)
		feed(&lanes[i]);
}

/** Where nobody is at it. */
static void drive_if_free(void)
{
	if (pthread_mutex_trylock(&mpi_door) != 0)
		return;
	drive();
	pthread_mutex_unlock(&mpi_door);
}

/** The thread beside the kernels: looks after messages while nobody waits for them. */
static void *work(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&queue_door);
		while (!closing && (outstanding == 0 || is_waited_for))
			pthread_cond_wait(&bell, &queue_door);
		pthread_mutex_unlock(&queue_door);
		if (closing)
			return 0;
		drive_if_free();
		nap(NAP_BESIDE);
	}
}

static void set_waiting(int value)
{
	pthread_mutex_lock(&queue_door);
	is_waited_for = value;
	if (!value && outstanding > 0)
		pthread_cond_signal(&bell);
	pthread_mutex_unlock(&queue_door);
}

/* ---- for others ---------------------------------------------------------------------------------------- */

const char *messages_open(MPI_Comm among, int rank, int count)
{
	comm = among;
	size = count;
	const size_t ways = (size_t)size * CHANNELS * 2, most = ways * WINDOW + 1;
	lanes = malloc(ways * sizeof *lanes);
	requests = malloc(most * sizeof *requests);
	owners = malloc(most * sizeof *owners);
	finished = malloc(most * sizeof *finished);
	statuses = malloc(most * sizeof *statuses);
	if (!lanes || !requests || !owners || !finished || !statuses)
		return "no memory for messages";
	for (size_t i = 0; i < ways; i++)
		lanes[i] = (Lane){ -1, -1, 0 };
	if (rank == 0 && size > 1)
		MPI_Irecv(news, NEWS_BYTES, MPI_BYTE, MPI_ANY_SOURCE, NEWS_CHANNEL, comm, &news_request);
	return pthread_create(&thread, 0, work, 0) ? "no thread for messages" : 0;
}

void messages_close(void)
{
	pthread_mutex_lock(&queue_door);
	closing = 1;
	pthread_cond_signal(&bell);
	pthread_mutex_unlock(&queue_door);
	pthread_join(thread, 0);
	if (news_request != MPI_REQUEST_NULL) {
		MPI_Cancel(&news_request);
		MPI_Wait(&news_request, MPI_STATUS_IGNORE);
	}
}

int messages_post(int is_send, int peer, int channel, void *data, size_t bytes)
{
	static int next;
	int at = -1;
	for (int i = 0; i < MOST && at < 0; i++, next = (next + 1) % MOST)
		if (messages[next].state == UNUSED)
			at = next;
	if (at < 0)
		return -1;
	messages[at] = (Message){ .state = QUEUED,
				  .is_send = is_send,
				  .peer = peer,
				  .channel = channel,
				  .data = data,
				  .bytes = bytes,
				  .next = -1 };
	pthread_mutex_lock(&queue_door);
	queue[queued++] = at;
	__atomic_fetch_add(&outstanding, 1, __ATOMIC_SEQ_CST);
	pthread_cond_signal(&bell);
	pthread_mutex_unlock(&queue_door);
	drive_if_free();
	return at;
}

enum outcome messages_look(int at)
{
	const int state = __atomic_load_n(&messages[at].state, __ATOMIC_ACQUIRE);
	if (state != DONE && state != FAILED)
		return UNDER_WAY;
	messages[at].state = UNUSED;
	return state == DONE ? OVER : LOST;
}

enum outcome messages_wait(int at, double milliseconds)
{
	const double begun = now(), until = begun + 1e6 * milliseconds;
	enum outcome outcome = messages_look(at);
	if (outcome != UNDER_WAY)
		return outcome;
	set_waiting(1);
	for (;;) {
		pthread_mutex_lock(&mpi_door);
		drive();
		pthread_mutex_unlock(&mpi_door);
		outcome = messages_look(at);
		if (outcome == UNDER_WAY && has_news)
			outcome = INTERRUPTED;
		const double time = now();
		if (outcome != UNDER_WAY || time > until)
			break;
		if (time - begun < EAGER)
			sched_yield();
		else
			nap(time - begun < PATIENT ? NAP : LONG_NAP);
	}
	set_waiting(0);
	return outcome;
}

const char *messages_news(void)
{
	if (news_request != MPI_REQUEST_NULL)
		drive_if_free();
	return has_news ? news : "";
}

void messages_tell(char text[NEWS_BYTES])
{
	static MPI_Request request;
	pthread_mutex_lock(&mpi_door);
	MPI_Isend(text, NEWS_BYTES, MPI_BYTE, 0, NEWS_CHANNEL, comm, &request);
	pthread_mutex_unlock(&mpi_door);
}

void messages_abort(int code)
{
	pthread_mutex_lock(&mpi_door);
	MPI_Abort(MPI_COMM_WORLD, code);
	pthread_mutex_unlock(&mpi_door);
}
