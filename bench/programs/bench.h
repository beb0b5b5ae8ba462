/*
 * What the benchmark programs share. Each prints a title line at once, then `checksum <16 hex digits>`, and
 * last `time_ms <milliseconds>`: the time of the work alone. Output goes through write(2), so that the
 * programs stay a few KB and the work is nearly all there is to compile.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
/* A number as text. */
#define TEXT(number) TEXT_(number)
#define TEXT_(number) #number

static double bench_started;
static double bench_elapsed;
static uint64_t bench_checksum = 14695981039346656037ull;
static uint64_t bench_seed = 88172645463325252ull;

static NOINLINE double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static NOINLINE void bench_write(const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(1, text, length);
    if (written <= 0) return;
    text += written;
    length -= (size_t)written;
  }
}

/* Prints the title line. Set-up that is not to be timed comes after it. */
static NOINLINE void title(const char *text) {
  bench_write(text, strlen(text));
  bench_write("\n", 1);
}

static NOINLINE void start_clock(void) { bench_started = bench_now(); }
static NOINLINE void stop_clock(void) { bench_elapsed = bench_now() - bench_started; }

/* Adds a value to the checksum. */
static inline void mix(uint64_t value) {
  bench_checksum = (bench_checksum ^ value) * 1099511628211ull;
  bench_checksum ^= bench_checksum >> 29;
}

static NOINLINE void mix_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  mix(bits);
}

static NOINLINE void mix_doubles(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) mix_double(values[i]);
}

static NOINLINE void mix_bytes(const void *data, size_t length) {
  const uint8_t *bytes = (const uint8_t *)data;
  for (size_t i = 0; i < length; i++) mix(bytes[i]);
}

/* The same pseudo-random sequence in every run (xorshift). */
static inline uint32_t random_u32(void) {
  bench_seed ^= bench_seed << 13;
  bench_seed ^= bench_seed >> 7;
  bench_seed ^= bench_seed << 17;
  return (uint32_t)(bench_seed >> 16);
}

/* Uniform in [0, 1). */
static inline double random_double(void) { return random_u32() * (1.0 / 4294967296.0); }

/*
 * Prints a name, which ends in a space, and milliseconds; `text` and `digits` are room for the line and the
 * digits.
 */
static inline void report_time(char *text, char *digits, const char *name, double milliseconds) {
  int at = (int)strlen(name);
  memcpy(text, name, (size_t)at);
  uint32_t micros = (uint32_t)(milliseconds * 1000);
  uint32_t whole = micros / 1000, rest = micros % 1000;
  int count = 0;
  do digits[count++] = (char)('0' + whole % 10);
  while ((whole /= 10) > 0);
  while (count > 0) text[at++] = digits[--count];
  text[at++] = '.';
  text[at++] = (char)('0' + rest / 100);
  text[at++] = (char)('0' + rest / 10 % 10);
  text[at++] = (char)('0' + rest % 10);
  text[at++] = '\n';
  bench_write(text, (size_t)at);
}

/* Prints checksum and time; the value is main's. */
static NOINLINE int report(void) {
  char text[64] = "checksum ", digits[12];
  for (int i = 0; i < 16; i++) text[9 + i] = "0123456789abcdef"[bench_checksum >> (60 - 4 * i) & 15];
  text[25] = '\n';
  bench_write(text, 26);
  report_time(text, digits, "time_ms ", bench_elapsed);
  return 0;
}

#ifdef REPEAT
#include "repeat.h"
#endif

#endif
