/* C functions that the tests of native functions call. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "upshift.h"

int32_t sum_bytes(const uint8_t *bytes, int32_t length) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < (uint32_t)length; i++) sum += bytes[i];
  return sum;
}

int32_t is_null(const void *pointer) { return pointer == NULL; }

int32_t is_null_bytes(const void *pointer, int32_t length) { return pointer == NULL ? length : -1; }

int32_t length_of(const char *text) { return text == NULL ? -1 : (int32_t)strlen(text); }

void increment(int64_t *object) { ++*object; }

/* Nine integers, some of them on the stack. */
int64_t many_integers(int32_t a, int64_t b, int32_t c, int64_t d, int32_t e, int64_t f, int32_t g, int64_t h,
                      int32_t i) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}

/* Twelve floats, four of them on the stack, with integers in between. */
double many_floats(double a, float b, double c, float d, int32_t e, double f, float g, double h, float i, double j,
                   float k, int64_t l, double m, float n) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m +
         14 * n;
}

float half(float value) { return value / 2; }

/* The upper half of the result register is not zero. */
int32_t low_half(int64_t value) { return (int32_t)value; }

void *same(void *reference) { return reference; }

int32_t variadic(int32_t count, ...) {
  va_list list;
  va_start(list, count);
  double sum = 0;
  for (int32_t i = 0; i < count; i++) sum += va_arg(list, double);
  va_end(list);
  return (int32_t)sum;
}

/* Twelve vectors, four of them on the stack at multiples of 16, with integers before and between them. */
__m128i many_vectors(int64_t a, __m128i b, __m128i c, int32_t d, __m128i e, __m128i f, __m128i g, __m128i h, __m128i i,
                     int64_t j, int64_t k, int64_t l, __m128i m, int64_t n, __m128i o, double p, __m128i q,
                     int64_t r, __m128i s, __m128i t) {
  __m128i sum = _mm_set_epi64x(a + 2 * d + 3 * j + 4 * k + 5 * l + 6 * n + 7 * r, (int64_t)p);
  const __m128i vectors[] = {b, c, e, f, g, h, i, m, o, q, s, t};
  for (size_t at = 0; at < 12; at++) {
    for (size_t times = 0; times <= at; times++) sum = _mm_add_epi64(sum, vectors[at]);
  }
  return sum;
}

__m128i swap_halves(__m128i value) { return _mm_shuffle_epi32(value, 0x4e); }

/* An aligned access, which faults where the argument is not where C wants it. */
__m128i on_stack(double a, double b, double c, double d, double e, double f, double g, double h, int32_t i,
                 __m128i value) {
  const double sum = a + b + c + d + e + f + g + h + i;
  return _mm_add_epi64(value, _mm_set_epi64x(0, (int64_t)sum));
}

int64_t attachment(upshift_exec_env *exec_env) { return (int64_t)(uintptr_t)exec_env->attachment; }

int64_t instance(upshift_exec_env *exec_env) { return (int64_t)exec_env->instance; }

int64_t memory_length(upshift_exec_env *exec_env) {
  return exec_env->memory == NULL ? -1 : (int64_t)exec_env->memory->byte_length;
}

/* -1 if the bytes do not lie in memory. */
int32_t byte_at(upshift_exec_env *exec_env, int32_t offset, int64_t length) {
  const uint8_t *address = upshift_address(exec_env, (uint32_t)offset, (uint64_t)length);
  return address == NULL ? -1 : address[0];
}

int32_t raise(upshift_exec_env *exec_env, const char *message) {
  upshift_raise(exec_env, message);
  return 1;
}

void raise_long(upshift_exec_env *exec_env) {
  char text[20001];
  memset(text, 'x', 20000);
  text[20000] = 0;
  upshift_raise(exec_env, text);
}

static int32_t call1(upshift_exec_env *exec_env, upshift_function *function, int32_t argument) {
  if (function == NULL) return -1000;
  upshift_value values[1];
  values[0].i32 = argument;
  return upshift_call(exec_env, function, values) ? values[0].i32 : -2000;
}

int32_t call_export(upshift_exec_env *exec_env, const char *name, int32_t argument) {
  return call1(exec_env, upshift_exported_function(exec_env, name), argument);
}

int32_t call_table(upshift_exec_env *exec_env, int32_t index, int32_t argument) {
  return call1(exec_env, upshift_table_function(exec_env, (uint32_t)index), argument);
}

int32_t call_reference(upshift_exec_env *exec_env, void *reference, int32_t argument) {
  return call1(exec_env, upshift_referenced_function(exec_env, reference), argument);
}

/*
 * Calls a function twice: if it fails the first time, it must not run again. Returns how often it succeeded.
 */
int32_t call_twice(upshift_exec_env *exec_env, int32_t index, int32_t argument) {
  upshift_function *function = upshift_table_function(exec_env, (uint32_t)index);
  if (function == NULL) return -1;
  int32_t succeeded = 0;
  for (int i = 0; i < 2; i++) {
    upshift_value values[1];
    values[0].i32 = argument;
    succeeded += upshift_call(exec_env, function, values);
  }
  return succeeded;
}

/* Looks functions up when the call has failed: 1 if they are found. */
int32_t call_and_look(upshift_exec_env *exec_env, int32_t index, int32_t argument) {
  upshift_function *function = upshift_table_function(exec_env, (uint32_t)index);
  upshift_value values[1];
  values[0].i32 = argument;
  if (function != NULL && upshift_call(exec_env, function, values)) return values[0].i32;
  return upshift_exported_function(exec_env, "throw") != NULL && upshift_table_function(exec_env, 1) != NULL;
}

/* Makes a trap of whatever ends the function. */
int32_t call_or_raise(upshift_exec_env *exec_env, int32_t index, int32_t argument) {
  upshift_function *function = upshift_table_function(exec_env, (uint32_t)index);
  upshift_value values[1];
  values[0].i32 = argument;
  if (function == NULL || !upshift_call(exec_env, function, values)) upshift_raise(exec_env, "the function failed");
  return values[0].i32;
}

/* Looks the function up if the argument is 1; otherwise calls the same one as before. */
int32_t call_again(upshift_exec_env *exec_env, int32_t index, int32_t argument) {
  static _Thread_local upshift_function *known;
  if (argument == 1) known = upshift_table_function(exec_env, (uint32_t)index);
  return call1(exec_env, known, argument);
}

/* Values of all types, in and out: (i64, f32, f64, i32) -> (f64, i32, i64). */
int64_t call_many(upshift_exec_env *exec_env) {
  upshift_function *function = upshift_exported_function(exec_env, "shuffle");
  if (function == NULL || function->argument_count != 4 || function->result_count != 3) return -1;
  upshift_value values[4];
  values[0].i64 = 0x123456789abcdefLL;
  values[1].f32 = 1.5f;
  values[2].f64 = 2.25;
  values[3].i32 = -7;
  if (!upshift_call(exec_env, function, values)) return -2;
  return values[0].f64 == 3.75 && values[1].i32 == -7 ? values[2].i64 : -3;
}

/* A vector among other values, in and out: (i32, v128, f64) -> (v128, i32, v128). */
__m128i call_vectors(upshift_exec_env *exec_env, __m128i vector) {
  upshift_function *function = upshift_exported_function(exec_env, "turn");
  const __m128i wrong = _mm_set1_epi8(-1);
  if (function == NULL || function->argument_count != 4 || function->result_count != 5) return wrong;
  upshift_value values[5];
  values[0].i32 = -5;
  upshift_set_v128(&values[1], vector);
  values[3].f64 = 0.5;
  if (!upshift_call(exec_env, function, values) || values[2].i32 != -5) return wrong;
  return _mm_add_epi64(upshift_get_v128(&values[0]), upshift_get_v128(&values[3]));
}

/* Only possible in a library with state: sorts the caller's memory with the caller's function. */
static _Thread_local upshift_exec_env *sorting;
static _Thread_local upshift_function *order;

static int compare(const void *a, const void *b) {
  upshift_value values[2];
  values[0].i32 = *(const int32_t *)a;
  values[1].i32 = *(const int32_t *)b;
  return upshift_call(sorting, order, values) ? values[0].i32 : 0;
}

void sort(upshift_exec_env *exec_env, int32_t *numbers, int32_t byte_length, int32_t comparison) {
  sorting = exec_env;
  order = upshift_table_function(exec_env, (uint32_t)comparison);
  if (order == NULL) {
    upshift_raise(exec_env, "there is no such function");
    return;
  }
  qsort(numbers, (uint32_t)byte_length / sizeof(int32_t), sizeof(int32_t), compare);
}

static int32_t sum_for_library(upshift_exec_env *exec_env, const uint8_t *bytes, int32_t length) {
  return exec_env->attachment == NULL ? -1 : *(const int32_t *)exec_env->attachment + sum_bytes(bytes, length);
}

static int32_t plain_for_library(upshift_exec_env *exec_env, int32_t offset) {
  return exec_env->attachment == NULL ? offset : -1;
}

static int32_t initialized;
static int32_t thousand = 1000;

static NativeSymbol symbols[] = {
    {"sum", (void *)sum_for_library, "(*~)i", &thousand},
    {"plain", (void *)plain_for_library, NULL, NULL},
};

int init_native_lib(void) {
  initialized = 1;
  return 0;
}

uint32_t get_native_lib(char **module_name, NativeSymbol **table) {
  *module_name = "library";
  *table = symbols;
  return initialized ? 2 : 0;
}
