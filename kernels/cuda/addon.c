/*
 * The addon for graphics cards: opens one, loads its program, moves numbers in and out, runs command lists. What goes
 * wrong is thrown as an Error whose message is a sentence. Links with driver.c or with emulated.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../napi.h"
#include "card.h"
#include "layout.h"
#if defined(NNT_EMULATED)
#include "emulated.h"
#endif

typedef struct {
	Card *card;
	/** Kind of tiles for all products; −1: the best. */
	int kind;
} Handle;

static void throw_reason(napi_env env, const Reason *reason) { napi_throw_error(env, 0, reason->text); }

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

/** The open card of the first argument; null, with an Error thrown, if it is closed. */
static Handle *open_handle(napi_env env, napi_value value)
{
	void *handle = 0;
	if (napi_get_value_external(env, value, &handle))
		return 0;
	if (!((Handle *)handle)->card) {
		napi_throw_error(env, 0, "closed");
		return 0;
	}
	return handle;
}

static void close_handle(Handle *handle)
{
	if (handle->card)
		card_close(handle->card);
	handle->card = 0;
}

static void finalize_handle(napi_env env, void *data, void *hint)
{
	(void)env, (void)hint;
	close_handle(data);
	free(data);
}

/** open(kind): the first card that can be used. */
static napi_value js_open(napi_env env, napi_callback_info info)
{
	napi_value v[1], result = 0;
	Reason reason;
	if (!arguments(env, info, v, 1))
		return 0;
	Card *card = card_open(&reason);
	if (!card) {
		throw_reason(env, &reason);
		return 0;
	}
	Handle *handle = malloc(sizeof *handle);
	*handle = (Handle){ card, (int)number(env, v[0]) };
	napi_create_external(env, handle, finalize_handle, 0, &result);
	return result;
}

/** facts(card): its name, and in a second line major, minor, driver, multiprocessors, bytes, free bytes. */
static napi_value js_facts(napi_env env, napi_callback_info info)
{
	napi_value v[1], result = 0;
	Handle *handle;
	if (!arguments(env, info, v, 1) || !(handle = open_handle(env, v[0])))
		return 0;
	CardFacts facts;
	card_facts(handle->card, &facts);
	char text[256];
	snprintf(text, sizeof text, "%s\n%d %d %d %d %.0f %.0f", facts.name, facts.major, facts.minor,
		 facts.driver, facts.multiprocessors, facts.memory, facts.free_memory);
	napi_create_string_utf8(env, text, strlen(text), &result);
	return result;
}

/** compile(card, ptx): the card's own program. */
static napi_value js_compile(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	Handle *handle;
	void *ptx = 0, *bytes = 0;
	size_t length = 0;
	if (!arguments(env, info, v, 2) || !(handle = open_handle(env, v[0])) ||
	    napi_get_arraybuffer_info(env, v[1], &ptx, &length))
		return 0;
	Reason reason;
	void *program = card_compile(handle->card, ptx, &length, &reason);
	if (!program) {
		throw_reason(env, &reason);
		return 0;
	}
	if (!napi_create_arraybuffer(env, length, &bytes, &result))
		memcpy(bytes, program, length);
	free(program);
	return result;
}

/** load(card, program) */
static napi_value js_load(napi_env env, napi_callback_info info)
{
	napi_value v[2];
	Handle *handle;
	void *program = 0;
	size_t length = 0;
	Reason reason;
	if (!arguments(env, info, v, 2) || !(handle = open_handle(env, v[0])) ||
	    napi_get_arraybuffer_info(env, v[1], &program, &length))
		return 0;
	if (card_load(handle->card, program, &reason))
		throw_reason(env, &reason);
	return 0;
}

/** allocate(card, bytes): the address of new zeros. */
static napi_value js_allocate(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	Handle *handle;
	uint64_t address = 0;
	Reason reason;
	if (!arguments(env, info, v, 2) || !(handle = open_handle(env, v[0])))
		return 0;
	if (card_allocate(handle->card, (size_t)number(env, v[1]), &address, &reason))
		throw_reason(env, &reason);
	else
		napi_create_double(env, (double)address, &result);
	return result;
}

/** free(card, address): of a card that is closed, nothing is left to free. */
static napi_value js_free(napi_env env, napi_callback_info info)
{
	napi_value v[2];
	void *handle;
	if (arguments(env, info, v, 2) && !napi_get_value_external(env, v[0], &handle) &&
	    ((Handle *)handle)->card)
		card_free(((Handle *)handle)->card, (uint64_t)number(env, v[1]));
	return 0;
}

/** The arguments of put and get: card, address, an ArrayBuffer, its bytes from which on, and how many. */
typedef struct {
	Handle *handle;
	uint64_t address;
	char *bytes;
	size_t count;
} Transfer;

static int transfer(napi_env env, napi_callback_info info, Transfer *t)
{
	napi_value v[5];
	void *data = 0;
	size_t length = 0;
	if (!arguments(env, info, v, 5) || !(t->handle = open_handle(env, v[0])) ||
	    napi_get_arraybuffer_info(env, v[2], &data, &length))
		return 0;
	const size_t offset = (size_t)number(env, v[3]);
	t->address = (uint64_t)number(env, v[1]);
	t->count = (size_t)number(env, v[4]);
	t->bytes = (char *)data + offset;
	if (offset <= length && t->count <= length - offset)
		return 1;
	napi_throw_error(env, 0, "a transfer beyond its buffer");
	return 0;
}

static napi_value js_put(napi_env env, napi_callback_info info)
{
	Transfer t;
	Reason reason;
	if (transfer(env, info, &t) && card_put(t.handle->card, t.address, t.bytes, t.count, &reason))
		throw_reason(env, &reason);
	return 0;
}

static napi_value js_get(napi_env env, napi_callback_info info)
{
	Transfer t;
	Reason reason;
	if (transfer(env, info, &t) && card_get(t.handle->card, t.bytes, t.address, t.count, &reason))
		throw_reason(env, &reason);
	return 0;
}

/** run(card, list, words): begins the list that an ArrayBuffer holds, and lays it out in place. */
static napi_value js_run(napi_env env, napi_callback_info info)
{
	napi_value v[3];
	Handle *handle;
	void *list = 0;
	size_t length = 0;
	Reason reason;
	if (!arguments(env, info, v, 3) || !(handle = open_handle(env, v[0])) ||
	    napi_get_arraybuffer_info(env, v[1], &list, &length))
		return 0;
	const long words = (long)number(env, v[2]);
	plan_list(list, words, card_blocks(handle->card), handle->kind);
	if (card_run(handle->card, list, words, &reason))
		throw_reason(env, &reason);
	return 0;
}

/** wait(card): returns when all that was begun is done. */
static napi_value js_wait(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	Handle *handle;
	Reason reason;
	if (arguments(env, info, v, 1) && (handle = open_handle(env, v[0])) &&
	    card_wait(handle->card, &reason))
		throw_reason(env, &reason);
	return 0;
}

static napi_value js_close(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	void *handle;
	if (arguments(env, info, v, 1) && !napi_get_value_external(env, v[0], &handle))
		close_handle(handle);
	return 0;
}

#if defined(NNT_EMULATED)
/** fault(which): plants a fault in the emulated card; 0: none. */
static napi_value js_fault(napi_env env, napi_callback_info info)
{
	napi_value v[1];
	if (arguments(env, info, v, 1))
		emulated_fault((int)number(env, v[0]));
	return 0;
}
#endif

/** source(): sha256 of the source this was built from, as `cardSourceHash` of kernels/source.js computes it. */
static napi_value js_source(napi_env env, napi_callback_info info)
{
	(void)info;
	napi_value result = 0;
	napi_create_string_utf8(env, NNT_SOURCE, strlen(NNT_SOURCE), &result);
	return result;
}

NAPI_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	static const struct {
		const char *name;
		napi_callback call;
	} functions[] = {
		{ "open", js_open },
		{ "facts", js_facts },
		{ "compile", js_compile },
		{ "load", js_load },
		{ "free", js_free },
		{ "allocate", js_allocate },
		{ "put", js_put },
		{ "get", js_get },
		{ "run", js_run },
		{ "wait", js_wait },
		{ "close", js_close },
		{ "source", js_source },
#if defined(NNT_EMULATED)
		{ "fault", js_fault },
#endif
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, strlen(functions[i].name), functions[i].call, 0,
				     &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
