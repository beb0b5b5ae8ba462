/* Sorts integers: blocks of 16 by a network over vectors, which are then merged by networks, 8 at a time. */
#include "../bench.h"
#include "simd.h"

enum { COUNT = 1 << 14, ROUNDS = 1200 };

static int32_t numbers[COUNT], original[COUNT], other[COUNT];

#define SORT(a, b)                    \
  do {                                \
    const i32x4 low = min_of(a, b);   \
    b = max_of(a, b);                 \
    a = low;                          \
  } while (0)

INLINE i32x4 reversed(i32x4 a) { return __builtin_shufflevector(a, a, 3, 2, 1, 0); }

/* Sorts a vector that rises, then falls. */
INLINE i32x4 bitonic(i32x4 a) {
  i32x4 b = __builtin_shufflevector(a, a, 2, 3, 0, 1);
  a = __builtin_shufflevector(min_of(a, b), max_of(a, b), 0, 1, 6, 7);
  b = __builtin_shufflevector(a, a, 1, 0, 3, 2);
  return __builtin_shufflevector(min_of(a, b), max_of(a, b), 0, 5, 2, 7);
}

/* Merges two sorted vectors: the lower four stay in a. */
INLINE void merge(i32x4 *a, i32x4 *b) {
  const i32x4 turned = reversed(*b);
  const i32x4 low = min_of(*a, turned), high = max_of(*a, turned);
  *a = bitonic(low);
  *b = bitonic(high);
}

/* Sorts 16 numbers into four sorted runs of four, and these into one. */
static NOINLINE void sort_block(int32_t *at) {
  i32x4 a = load_i32x4(at), b = load_i32x4(at + 4), c = load_i32x4(at + 8), d = load_i32x4(at + 12);
  SORT(a, c);
  SORT(b, d);
  SORT(a, b);
  SORT(c, d);
  SORT(b, c);
  const i32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
              ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const i32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
              cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  merge(&a, &b);
  merge(&c, &d);
  // Two runs of eight.
  merge(&a, &c);
  merge(&b, &c);
  merge(&b, &d);
  merge(&b, &c);
  merge(&c, &d);
  store_i32x4(at, a), store_i32x4(at + 4, b), store_i32x4(at + 8, c), store_i32x4(at + 12, d);
}

/* Merges two runs; lengths are multiples of four. */
static NOINLINE void merge_runs(int32_t *out, const int32_t *a, const int32_t *b, size_t length) {
  const int32_t *a_end = a + length, *b_end = b + length;
  i32x4 low = load_i32x4(a), high = load_i32x4(b);
  a += 4, b += 4;
  merge(&low, &high);
  for (; a < a_end || b < b_end; out += 4) {
    store_i32x4(out, low);
    const int from_a = b >= b_end || (a < a_end && *a <= *b);
    low = load_i32x4(from_a ? a : b);
    if (from_a) a += 4;
    else b += 4;
    merge(&low, &high);
  }
  store_i32x4(out, low);
  store_i32x4(out + 4, high);
}

static void sort(void) {
  for (size_t n = 0; n < COUNT; n += 16) sort_block(numbers + n);
  int32_t *from = numbers, *to = other;
  for (size_t length = 16; length < COUNT; length *= 2) {
    for (size_t n = 0; n < COUNT; n += 2 * length) merge_runs(to + n, from + n, from + n + length, length);
    int32_t *swap = from;
    from = to, to = swap;
  }
  if (from != numbers) memcpy(numbers, from, sizeof numbers);
}

int main(void) {
  title("sortnet: 1200 times 16384 numbers");
  for (size_t n = 0; n < COUNT; n++) original[n] = (int32_t)random_u32();
  int wrong = 0;
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t n = 0; n < COUNT; n++) numbers[n] = original[n] ^ (int32_t)((uint32_t)round * 0x01234567);
    sort();
    mix((uint64_t)(uint32_t)numbers[round * 31 % COUNT]);
  }
  stop_clock();
  for (size_t n = 1; n < COUNT; n++) wrong += numbers[n - 1] > numbers[n];
  mix((uint64_t)wrong);
  mix_bytes(numbers, sizeof numbers);
  return report();
}
