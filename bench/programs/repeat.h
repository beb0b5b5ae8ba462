/*
 * Makes a long program of a short one: its main, which is inlined as it was, is run REPEAT times,
 * preparations included. The checksum is over all of it. With SLICES, which must divide REPEAT, a line
 * `slice_ms <milliseconds>` is printed after each of so many equal parts; like `time_ms` they count what the
 * program itself times.  #define REPEAT 25 #include "../general/json.c"
 */
#include <stdlib.h>

#ifndef SLICES
#define SLICES 1
#endif
_Static_assert(REPEAT % SLICES == 0, "slices are of equal length");

static double repeat_total;

/* Large blocks that the program has not freed, which it may forget: each time it takes them anew. */
enum { REPEAT_LARGE = 1 << 16, REPEAT_BLOCKS = 32 };
static void *repeat_blocks[REPEAT_BLOCKS];
static int repeat_block_count;

static NOINLINE void *repeat_malloc(size_t size) {
  void *block = malloc(size);
  if (size >= REPEAT_LARGE && repeat_block_count < REPEAT_BLOCKS) repeat_blocks[repeat_block_count++] = block;
  return block;
}

static NOINLINE void repeat_free(void *block) {
  for (int i = 0; i < repeat_block_count; i++)
    if (repeat_blocks[i] == block) repeat_blocks[i] = repeat_blocks[--repeat_block_count];
  free(block);
}

static NOINLINE void repeat_done(int round) {
  while (repeat_block_count > 0) free(repeat_blocks[--repeat_block_count]);
  repeat_total += bench_elapsed;
  static double before;
  if (SLICES == 1 || round % (REPEAT / SLICES) != 0) return;
  char text[64], digits[12];
  report_time(text, digits, "slice_ms ", repeat_total - before);
  before = repeat_total;
}

static inline __attribute__((always_inline)) int repeat_main(void);

int main(void) {
  for (int round = 1; round <= REPEAT; round++) {
    repeat_main();
    repeat_done(round);
  }
  bench_elapsed = repeat_total;
  return report();
}

/* What the program itself calls from here on. */
#define main repeat_main
#define malloc repeat_malloc
#define free repeat_free
#define title(text) ((void)(repeat_total == 0 ? title(text) : (void)0))
#define report() 0
