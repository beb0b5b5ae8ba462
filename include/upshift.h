/*
 * For C functions that WebAssembly code calls in Upshift (docs/native-functions.md). There is nothing to link with: what
 * these functions need is found through the first argument of a function that is registered with `execEnv`, or listed by
 * get_native_lib:
 *
 *     int32_t add(upshift_exec_env *exec_env, int32_t a, int32_t b) { return a + b; }
 *
 * All of it is for the thread that made the call, and for as long as the call lasts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef UPSHIFT_H
#define UPSHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function of WebAssembly, to be called from C. It lives as long as the calling instance. */
typedef struct upshift_function {
  uint64_t reserved[2];
  /* How many values it takes, and how many it returns. */
  uint32_t argument_count;
  uint32_t result_count;
} upshift_function;

/* A WebAssembly value. References are opaque: they can be kept for the duration of a call, and handed back. */
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

/* The function that is being called, and who calls it. */
struct upshift_exec_env {
  const upshift_functions *functions;
  /* What the function was registered with. */
  void *attachment;
  /* Memory 0 of the calling instance; NULL where it has none. */
  const upshift_memory *memory;
  /* Tells calling instances apart. */
  uint64_t instance;
};

/*
 * Calls a function. `values` holds its arguments, and then its results: there must be room for either. False where it did not
 * return: it has trapped, or thrown an exception, which goes on to the caller of the C function when that returns. Until then
 * no function can be called any more.
 */
static inline bool upshift_call(upshift_exec_env *exec_env, upshift_function *function, upshift_value *values) {
  return exec_env->functions->call(exec_env, function, values);
}

/* Lets the caller trap, with a message in UTF-8 (of which 8191 bytes are kept), when the C function returns. */
static inline void upshift_raise(upshift_exec_env *exec_env, const char *message) {
  exec_env->functions->raise(exec_env, message);
}

/* The function that the calling instance exports under a name; NULL where there is none. */
static inline upshift_function *upshift_exported_function(upshift_exec_env *exec_env, const char *name) {
  return exec_env->functions->exported_function(exec_env, name);
}

/* The function at an index of the instance's table 0, which is what function pointers are to C programs; or NULL. */
static inline upshift_function *upshift_table_function(upshift_exec_env *exec_env, uint32_t index) {
  return exec_env->functions->table_function(exec_env, index);
}

/* The function that an argument of type funcref (`r`) stands for; NULL for null. */
static inline upshift_function *upshift_referenced_function(upshift_exec_env *exec_env, void *reference) {
  return exec_env->functions->referenced_function(exec_env, reference);
}

/* The address of `length` bytes at an offset in memory 0; NULL where they do not lie in it. */
static inline void *upshift_address(upshift_exec_env *exec_env, uint32_t offset, uint64_t length) {
  const upshift_memory *memory = exec_env->memory;
  if (memory == NULL || offset > memory->byte_length || length > memory->byte_length - offset) return NULL;
  return memory->base + offset;
}

/* What get_native_lib returns the address of. `signature` may be NULL: then arguments are passed as they are. */
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
