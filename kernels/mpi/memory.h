/*
 * Memory that processes of one machine share: a file without a name that is mapped by all who open it by way of its
 * owner's /proc. It counts as memory of whoever uses it, not as part of /dev/shm, which containers keep small.
 */
#ifndef NNT_MPI_MEMORY_H
#define NNT_MPI_MEMORY_H

#include <sys/mman.h>
#include <unistd.h>

#include "napi_values.h"

/** memoryFile(): the descriptor of a new, empty one; −1 where this system has none. */
static napi_value js_memory_file(napi_env env, napi_callback_info info)
{
	(void)info;
#if defined(MFD_CLOEXEC)
	return number_value(env, memfd_create("nnt", MFD_CLOEXEC));
#else
	return number_value(env, -1);
#endif
}

static void unmap(napi_env env, void *data, void *bytes)
{
	(void)env;
	munmap(data, (size_t)(uintptr_t)bytes);
}

/** map(descriptor, bytes): the file's bytes, for as long as the buffer lives; its descriptor may be closed before. */
static napi_value js_map(napi_env env, napi_callback_info info)
{
	napi_value v[2], result = 0;
	if (!arguments(env, info, v, 2))
		return 0;
	const size_t bytes = (size_t)number(env, v[1]);
	void *data = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, (int)number(env, v[0]), 0);
	if (data == MAP_FAILED)
		return napi_throw_error(env, 0, "memory cannot be mapped"), (napi_value)0;
	napi_create_external_arraybuffer(env, data, bytes, unmap, (void *)(uintptr_t)bytes, &result);
	return result;
}

#endif
