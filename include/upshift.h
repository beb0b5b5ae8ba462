/*
 * For C functions that WebAssembly code calls in Upshift (docs/native-functions.md). There is no library to
 * link with: these functions find what they need through the first argument of a function that is registered
 * with `execEnv`, or listed by get_native_lib:
 *
 *     int32_t add(upshift_exec_env *exec_env, int32_t a, int32_t b) { return a + b; }
 *
 * Everything here may only be used by the thread that made the call, and only while the call lasts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef UPSHIFT_H
#define UPSHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A WebAssembly function that C can call. It lives as long as the calling instance. */
typedef struct upshift_function {
  uint64_t reserved[2];
  /* How many values it takes, and how many it returns: a v128 counts as two. */
  uint32_t argument_count;
  uint32_t result_count;
} upshift_function;

/*
 * A WebAssembly value, or a half of a v128, which takes two, the lower half first (upshift_get_v128).
 * References are opaque: they can be kept during a call, and passed back.
 */
typedef union upshift_value {
  int32_t i32;
  int64_t i64;
  float f32;
  double f64;
  void *ref;
} upshift_value;

/* A linear memory. Both fields may change whenever WebAssembly code runs. */
typedef struct upshift_memory {
  uint8_t *base;
  uint64_t byte_length;
} upshift_memory;

typedef struct upshift_exec_env upshift_exec_env;

typedef struct upshift_functions {
  bool (*call)(upshift_exec_env *, upshift_function *, upshift_value *);
  void (*raise)(upshift_exec_env *, const char *);
  upshift_function *(*exported_function)(upshift_exec_env *, const char *);
  upshift_function *(*table_function)(upshift_exec_env *, uint32_t);
  upshift_function *(*referenced_function)(upshift_exec_env *, void *);
} upshift_functions;

/* The function being called, and its caller. */
struct upshift_exec_env {
  const upshift_functions *functions;
  /* The attachment that the function was registered with. */
  void *attachment;
  /* Memory 0 of the calling instance; NULL if it has none. */
  const upshift_memory *memory;
  /* Distinguishes calling instances. */
  uint64_t instance;
};

/*
 * Calls a function. `values` holds its arguments, then its results, and must have room for both. Returns
 * false if the function trapped or threw an exception. That goes on to the caller of the C function when the
 * C function returns; until then no function can be called.
 */
static inline bool upshift_call(upshift_exec_env *exec_env, upshift_function *function, upshift_value *values) {
  return exec_env->functions->call(exec_env, function, values);
}

#ifdef __SSE2__
/* The v128 that begins at a value, as a vector of the compiler's; and the way back. */
static inline __m128i upshift_get_v128(const upshift_value *values) {
  return _mm_loadu_si128((const __m128i *)values);
}

static inline void upshift_set_v128(upshift_value *values, __m128i vector) {
  _mm_storeu_si128((__m128i *)values, vector);
}
#endif

/*
 * Makes the caller trap when the C function returns, with a message in UTF-8 (at most 8191 bytes are kept).
 */
static inline void upshift_raise(upshift_exec_env *exec_env, const char *message) {
  exec_env->functions->raise(exec_env, message);
}

/* The function that the calling instance exports under a name; NULL if there is none. */
static inline upshift_function *upshift_exported_function(upshift_exec_env *exec_env, const char *name) {
  return exec_env->functions->exported_function(exec_env, name);
}

/*
 * The function at an index of the instance's table 0 (function pointers of C programs are such indices); or
 * NULL.
 */
static inline upshift_function *upshift_table_function(upshift_exec_env *exec_env, uint32_t index) {
  return exec_env->functions->table_function(exec_env, index);
}

/* The function that an argument of type funcref (`r`) refers to; NULL for null. */
static inline upshift_function *upshift_referenced_function(upshift_exec_env *exec_env, void *reference) {
  return exec_env->functions->referenced_function(exec_env, reference);
}

/* The address of `length` bytes at an offset in memory 0; NULL if they do not lie inside. */
static inline void *upshift_address(upshift_exec_env *exec_env, uint32_t offset, uint64_t length) {
  const upshift_memory *memory = exec_env->memory;
  if (memory == NULL || offset > memory->byte_length || length > memory->byte_length - offset) return NULL;
  return memory->base + offset;
}

/*
 * An entry of the list that get_native_lib returns. If `signature` is NULL, arguments are passed as they are.
 * A pointer in it may be NULL, for offset 0, unless it is followed by `!`, as in "($!*~!)i": then the caller
 * traps at offset 0.
 */
typedef struct NativeSymbol {
  const char *symbol;
  void *func_ptr;
  const char *signature;
  void *attachment;
} NativeSymbol;

#ifdef __cplusplus
}
#endif

#endif
