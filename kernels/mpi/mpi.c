/*
 * The addon for several processes: moves bytes between them by MPI's point-to-point messages. It adds nothing up, so that
 * no bit depends on it. A thread of its own drives messages while kernels compute; while JavaScript waits, the waiting
 * thread does, and nobody has to be woken. MPI is called by one of them at a time (MPI_THREAD_SERIALIZED).
 */
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../napi.h"

NAPI_IMPORT napi_status napi_get_typedarray_info(napi_env, napi_value, int *type, size_t *length, void **data,
						 napi_value *buffer, size_t *offset);

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
#define CHANNELS 3
/** Bytes of the news that a process has failed. */
#define NEWS_BYTES 16384
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
	/** Parts under way, and whether the first has been started. */
	int parts, has_begun;
	/** The next message of its lane, −1: none. */
	int next;
} Message;

/** Messages of one peer, channel and direction, which start one after the other. */
typedef struct {
	int head, tail, parts;
} Lane;

static MPI_Comm comm;
static int rank, size;
static char host[MPI_MAX_PROCESSOR_NAME + 1];
static char failure[MPI_MAX_ERROR_STRING + 64];

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
	if (error != MPI_SUCCESS) {
		int length;
		MPI_Error_string(error, failure, &length);
		m->has_begun = 2;
	}
	if (m->parts > 0 || m->started < m->bytes)
		return;
	__atomic_store_n(&m->state, m->has_begun == 2 ? FAILED : DONE, __ATOMIC_RELEASE);
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
		m->has_begun = m->has_begun == 2 ? 2 : 1;
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
		if (pthread_mutex_trylock(&mpi_door) == 0) {
			drive();
			pthread_mutex_unlock(&mpi_door);
		}
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

/* ---- what JavaScript sees ------------------------------------------------------------------------------ */

static int arguments(napi_env env, napi_callback_info info, napi_value *values, size_t wanted)
{
	size_t count = wanted;
	return napi_get_cb_info(env, info, &count, values, 0, 0) == 0 && count == wanted;
}

static double number(napi_env env, napi_value value)
{
	double x = 0;
	napi_get_value_double(env, value, &x);
	return x;
}

static napi_value number_value(napi_env env, double x)
{
	napi_value result = 0;
	napi_create_double(env, x, &result);
	return result;
}

static napi_value text_value(napi_env env, const char *text)
{
	napi_value result = 0;
	napi_create_string_utf8(env, text, strlen(text), &result);
	return result;
}

/** implementation(): whose MPI this was built with, as its launcher is known. */
static napi_value js_implementation(napi_env env, napi_callback_info info)
{
	(void)info;
#if defined(OPEN_MPI)
	return text_value(env, "openmpi");
#elif defined(MPICH_VERSION) || defined(I_MPI_VERSION)
	return text_value(env, "mpich");
#else
	return text_value(env, "other");
#endif
}

/** library(): its name and version, one line. */
static napi_value js_library(napi_env env, napi_callback_info info)
{
	(void)info;
	char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
	int length;
	MPI_Get_library_version(text, &length);
	text[strcspn(text, ",\n")] = 0;
	for (char *c = text; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return text_value(env, text);
}

/** source(): sha256 of this file. */
static napi_value js_source(napi_env env, napi_callback_info info)
{
	(void)info;
	return text_value(env, NNT_SOURCE);
}

/** open(): joins the others. */
static napi_value js_open(napi_env env, napi_callback_info info)
{
	(void)info;
	int provided = 0, length = 0;
	if (MPI_Init_thread(0, 0, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
		return napi_throw_error(env, 0, "MPI_Init_thread failed"), (napi_value)0;
	if (provided < MPI_THREAD_SERIALIZED)
		return napi_throw_error(env, 0, "this MPI was built without support for threads"),
		       (napi_value)0;
	MPI_Comm_dup(MPI_COMM_WORLD, &comm);
	MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
	MPI_Comm_rank(comm, &rank);
	MPI_Comm_size(comm, &size);
	MPI_Get_processor_name(host, &length);
	const size_t ways = (size_t)size * CHANNELS * 2, most = ways * WINDOW + 1;
	lanes = malloc(ways * sizeof *lanes);
	requests = malloc(most * sizeof *requests);
	owners = malloc(most * sizeof *owners);
	finished = malloc(most * sizeof *finished);
	statuses = malloc(most * sizeof *statuses);
	if (!lanes || !requests || !owners || !finished || !statuses)
		return napi_throw_error(env, 0, "no memory for messages"), (napi_value)0;
	for (size_t i = 0; i < ways; i++)
		lanes[i] = (Lane){ -1, -1, 0 };
	if (rank == 0 && size > 1)
		MPI_Irecv(news, NEWS_BYTES, MPI_BYTE, MPI_ANY_SOURCE, NEWS_CHANNEL, comm, &news_request);
	if (pthread_create(&thread, 0, work, 0))
		napi_throw_error(env, 0, "no thread for messages");
	return 0;
}

static napi_value js_rank(napi_env env, napi_callback_info info)
{
	return (void)info, number_value(env, rank);
}
static napi_value js_size(napi_env env, napi_callback_info info)
{
	return (void)info, number_value(env, size);
}
static napi_value js_host(napi_env env, napi_callback_info info) { return (void)info, text_value(env, host); }

static const int bytes_of[] = { 1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8 };

/** post(isSend, peer, channel, typedArray): the number of a message on its way, whose bytes stay where they are till it is done. */
static napi_value js_post(napi_env env, napi_callback_info info)
{
	static int next;
	napi_value v[4];
	int type;
	size_t length, offset;
	void *data = 0;
	if (!arguments(env, info, v, 4) ||
	    napi_get_typedarray_info(env, v[3], &type, &length, &data, 0, &offset))
		return napi_throw_error(env, 0, "post: a typed array is expected"), (napi_value)0;
	int at = -1;
	for (int i = 0; i < MOST && at < 0; i++, next = (next + 1) % MOST)
		if (messages[next].state == UNUSED)
			at = next;
	if (at < 0)
		return napi_throw_error(env, 0, "post: too many messages under way"), (napi_value)0;
	const size_t bytes = length * (size_t)bytes_of[type];
	messages[at] = (Message){ .state = QUEUED,
				  .is_send = number(env, v[0]) != 0,
				  .peer = (int)number(env, v[1]),
				  .channel = (int)number(env, v[2]),
				  .data = data,
				  .bytes = bytes,
				  .next = -1 };
	pthread_mutex_lock(&queue_door);
	queue[queued++] = at;
	__atomic_fetch_add(&outstanding, 1, __ATOMIC_SEQ_CST);
	pthread_cond_signal(&bell);
	pthread_mutex_unlock(&queue_door);
	if (pthread_mutex_trylock(&mpi_door) == 0) {
		drive();
		pthread_mutex_unlock(&mpi_door);
	}
	return number_value(env, at);
}

/** Gives a message that is over back. 0: it is not; 1: done; 2: failed. */
static int collect(int at)
{
	const int state = __atomic_load_n(&messages[at].state, __ATOMIC_ACQUIRE);
	if (state != DONE && state != FAILED)
		return 0;
	messages[at].state = UNUSED;
	return state == DONE ? 1 : 2;
}

/** look(message): 0 while it is under way, 1 when it is done, 2 when it has failed. Once it is over its number is not. */
static napi_value js_look(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	if (!arguments(env, info, v, 1))
		return 0;
	return number_value(env, collect((int)number(env, v[0])));
}

/** wait(message, milliseconds): as look, but for so long; 3 when another process has told of its failure. */
static napi_value js_wait(napi_env env, napi_callback_info info)
{
	napi_value v[2];
	if (!arguments(env, info, v, 2))
		return 0;
	const int at = (int)number(env, v[0]);
	const double begun = now(), until = begun + 1e6 * number(env, v[1]);
	int result = collect(at);
	if (result)
		return number_value(env, result);
	set_waiting(1);
	for (;;) {
		pthread_mutex_lock(&mpi_door);
		drive();
		pthread_mutex_unlock(&mpi_door);
		if ((result = collect(at)))
			break;
		if (has_news) {
			result = 3;
			break;
		}
		const double time = now();
		if (time > until)
			break;
		if (time - begun < EAGER)
			sched_yield();
		else
			nap(time - begun < PATIENT ? NAP : LONG_NAP);
	}
	set_waiting(0);
	return number_value(env, result);
}

/** news(): what another process has told of its failure; empty: nothing. */
static napi_value js_news(napi_env env, napi_callback_info info)
{
	(void)info;
	if (news_request != MPI_REQUEST_NULL && pthread_mutex_trylock(&mpi_door) == 0) {
		drive();
		pthread_mutex_unlock(&mpi_door);
	}
	return text_value(env, has_news ? news : "");
}

/** tell(text): tells the first process of this one's failure; does not wait until it is heard. */
static napi_value js_tell(napi_env env, napi_callback_info info)
{
	static char text[NEWS_BYTES];
	static MPI_Request request;
	napi_value v[1];
	size_t length;
	if (!arguments(env, info, v, 1))
		return 0;
	napi_get_value_string_utf8(env, v[0], text, sizeof text, &length);
	pthread_mutex_lock(&mpi_door);
	MPI_Isend(text, NEWS_BYTES, MPI_BYTE, 0, NEWS_CHANNEL, comm, &request);
	pthread_mutex_unlock(&mpi_door);
	return 0;
}

/** abort(code): ends all processes. */
static napi_value js_abort(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	int code = 1;
	if (arguments(env, info, v, 1))
		code = (int)number(env, v[0]);
	pthread_mutex_lock(&mpi_door);
	MPI_Abort(MPI_COMM_WORLD, code);
	pthread_mutex_unlock(&mpi_door);
	return 0;
}

/** close(): when all processes are here, leaves them. No message may be under way. */
static napi_value js_close(napi_env env, napi_callback_info info)
{
	(void)env, (void)info;
	pthread_mutex_lock(&queue_door);
	closing = 1;
	pthread_cond_signal(&bell);
	pthread_mutex_unlock(&queue_door);
	pthread_join(thread, 0);
	if (news_request != MPI_REQUEST_NULL) {
		MPI_Cancel(&news_request);
		MPI_Wait(&news_request, MPI_STATUS_IGNORE);
	}
	MPI_Comm_free(&comm);
	MPI_Finalize();
	return 0;
}

NAPI_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	static const struct {
		const char *name;
		napi_callback call;
	} functions[] = {
		{ "implementation", js_implementation },
		{ "library", js_library },
		{ "source", js_source },
		{ "open", js_open },
		{ "rank", js_rank },
		{ "size", js_size },
		{ "host", js_host },
		{ "post", js_post },
		{ "look", js_look },
		{ "wait", js_wait },
		{ "news", js_news },
		{ "tell", js_tell },
		{ "abort", js_abort },
		{ "close", js_close },
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, strlen(functions[i].name), functions[i].call, 0,
				     &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
