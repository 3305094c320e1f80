/*
 * The few functions of Node-API that the addon uses, as https://nodejs.org/api/n-api.html states them: its ABI
 * is stable, so that building needs no headers.
 */
#ifndef NNT_NAPI_H
#define NNT_NAPI_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define NAPI_IMPORT __declspec(dllimport)
#define NAPI_EXPORT __declspec(dllexport)
#else
#define NAPI_IMPORT extern
#define NAPI_EXPORT __attribute__((visibility("default")))
#endif

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef int napi_status; /* 0: success */
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void *data, void *hint);

NAPI_IMPORT napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t *argc, napi_value *argv,
					 napi_value *self, void **data);
NAPI_IMPORT napi_status napi_create_function(napi_env, const char *name, size_t length, napi_callback,
					     void *data, napi_value *);
NAPI_IMPORT napi_status napi_set_named_property(napi_env, napi_value object, const char *name, napi_value);
NAPI_IMPORT napi_status napi_get_value_double(napi_env, napi_value, double *);
NAPI_IMPORT napi_status napi_get_value_string_utf8(napi_env, napi_value, char *, size_t size, size_t *length);
NAPI_IMPORT napi_status napi_create_double(napi_env, double, napi_value *);
NAPI_IMPORT napi_status napi_create_string_utf8(napi_env, const char *, size_t length, napi_value *);
NAPI_IMPORT napi_status napi_create_external(napi_env, void *data, napi_finalize, void *hint, napi_value *);
NAPI_IMPORT napi_status napi_get_value_external(napi_env, napi_value, void **data);
NAPI_IMPORT napi_status napi_get_arraybuffer_info(napi_env, napi_value, void **data, size_t *length);
NAPI_IMPORT napi_status napi_create_arraybuffer(napi_env, size_t length, void **data, napi_value *);
NAPI_IMPORT napi_status napi_throw_error(napi_env, const char *code, const char *message);

#endif
