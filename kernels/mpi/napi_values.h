/* Arguments and results of what JavaScript calls. */
#ifndef NNT_MPI_NAPI_VALUES_H
#define NNT_MPI_NAPI_VALUES_H

#include <string.h>

#include "../napi.h"

NAPI_IMPORT napi_status napi_get_typedarray_info(napi_env, napi_value, int *type, size_t *length, void **data,
						 napi_value *buffer, size_t *offset);
NAPI_IMPORT napi_status napi_create_external_arraybuffer(napi_env, void *data, size_t bytes, napi_finalize,
							 void *hint, napi_value *);

static inline int arguments(napi_env env, napi_callback_info info, napi_value *values, size_t wanted)
{
	size_t count = wanted;
	return napi_get_cb_info(env, info, &count, values, 0, 0) == 0 && count == wanted;
}

static inline double number(napi_env env, napi_value value)
{
	double x = 0;
	napi_get_value_double(env, value, &x);
	return x;
}

static inline napi_value number_value(napi_env env, double x)
{
	napi_value result = 0;
	napi_create_double(env, x, &result);
	return result;
}

static inline napi_value text_value(napi_env env, const char *text)
{
	napi_value result = 0;
	napi_create_string_utf8(env, text, strlen(text), &result);
	return result;
}

#endif
