/*
 * Locks of the system on open files, which Node does not offer: they end with whoever holds them, and every process of
 * the same kernel sees them, whatever its container calls itself.
 */
#include <sys/file.h>

#include "../napi.h"

/** lock(file, mode): takes the lock of an open file without waiting; 0 shared, 1 exclusive. 1 taken, 0 not. */
static napi_value js_lock(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	size_t count = 2;
	double file = -1, exclusive = 0;
	if (napi_get_cb_info(env, info, &count, v, 0, 0) || count != 2 ||
	    napi_get_value_double(env, v[0], &file) || napi_get_value_double(env, v[1], &exclusive))
		return 0;
	const int taken = flock((int)file, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
	napi_create_double(env, taken, &result);
	return result;
}

NAPI_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	napi_value function;
	napi_create_function(env, "lock", 4, js_lock, 0, &function);
	napi_set_named_property(env, exports, "lock", function);
	return exports;
}
