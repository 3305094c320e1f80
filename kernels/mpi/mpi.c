/*
 * The addon for several processes, as JavaScript sees it: who they are, messages between them, and memory that those of
 * one machine share.
 */
#define _GNU_SOURCE
#include <mpi.h>
#include <string.h>

#include "memory.h"
#include "messages.h"
#include "napi_values.h"

static MPI_Comm comm;
static int rank, size;
static char host[MPI_MAX_PROCESSOR_NAME + 1];

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

/** source(): sha256 of the source this was built from, as kernels/source.js computes it. */
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
	const char *problem = messages_open(comm, rank, size);
	if (problem)
		napi_throw_error(env, 0, problem);
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

/** post(isSend, peer, channel, typedArray): the number of a message on its way, whose bytes stay where they are till it is over. */
static napi_value js_post(napi_env env, napi_callback_info info)
{
	napi_value v[4];
	int type;
	size_t length, offset;
	void *data = 0;
	if (!arguments(env, info, v, 4) ||
	    napi_get_typedarray_info(env, v[3], &type, &length, &data, 0, &offset))
		return napi_throw_error(env, 0, "post: a typed array is expected"), (napi_value)0;
	const int at = messages_post(number(env, v[0]) != 0, (int)number(env, v[1]), (int)number(env, v[2]),
				     data, length * (size_t)bytes_of[type]);
	if (at < 0)
		return napi_throw_error(env, 0, "post: too many messages under way"), (napi_value)0;
	return number_value(env, at);
}

/** look(message): 0 while it is under way, 1 when it is over, 2 when it is lost; then its number is another's. */
static napi_value js_look(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	if (!arguments(env, info, v, 1))
		return 0;
	return number_value(env, messages_look((int)number(env, v[0])));
}

/** wait(message, milliseconds): as look, but for so long; 3 when another process has told of its failure. */
static napi_value js_wait(napi_env env, napi_callback_info info)
{
	napi_value v[2];
	if (!arguments(env, info, v, 2))
		return 0;
	return number_value(env, messages_wait((int)number(env, v[0]), number(env, v[1])));
}

/** news(): what another process has told of its failure; empty: nothing. */
static napi_value js_news(napi_env env, napi_callback_info info)
{
	return (void)info, text_value(env, messages_news());
}

/** tell(text): tells the first process of this one's failure; does not wait until it is heard. */
static napi_value js_tell(napi_env env, napi_callback_info info)
{
	static char text[NEWS_BYTES];
	napi_value v[1];
	size_t length;
	if (!arguments(env, info, v, 1))
		return 0;
	napi_get_value_string_utf8(env, v[0], text, sizeof text, &length);
	messages_tell(text);
	return 0;
}

/** abort(code): ends all processes. */
static napi_value js_abort(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	messages_abort(arguments(env, info, v, 1) ? (int)number(env, v[0]) : 1);
	return 0;
}

/** close(): when all processes are here, leaves them. No message may be under way. */
static napi_value js_close(napi_env env, napi_callback_info info)
{
	(void)env, (void)info;
	messages_close();
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
		{ "memoryFile", js_memory_file },
		{ "map", js_map },
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, strlen(functions[i].name), functions[i].call, 0,
				     &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
