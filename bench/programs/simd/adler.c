/* Sums of bytes, weighted sums and differences of blocks. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { BLOCK = 4096, BLOCKS = 64, ROUNDS = 1500 };

static uint8_t data[BLOCKS][BLOCK];

static NOINLINE uint64_t checksum(const uint8_t *block) {
  uint32_t sum = 0, weighted = 0;
  for (uint32_t n = 0; n < BLOCK; n++) {
    sum += block[n];
    weighted += (BLOCK - n) * block[n];
  }
  return (uint64_t)(weighted % 65521) << 32 | sum % 65521;
}

/* Sums of absolute and of squared differences. */
static NOINLINE uint64_t difference(const uint8_t *a, const uint8_t *b) {
  uint32_t absolute = 0, squared = 0;
  for (uint32_t n = 0; n < BLOCK; n++) {
    const int32_t d = a[n] - b[n];
    absolute += (uint32_t)(d < 0 ? -d : d);
    squared += (uint32_t)(d * d);
  }
  return (uint64_t)squared << 32 | absolute;
}

int main(void) {
  title("adler: 64 blocks of 4096 bytes");
  for (int b = 0; b < BLOCKS; b++)
    for (int n = 0; n < BLOCK; n++) data[b][n] = (uint8_t)random_u32();
  start_clock();
  for (int round = 0; round < ROUNDS; round++)
    for (int b = 0; b < BLOCKS; b++) {
      mix(checksum(data[b]));
      mix(difference(data[b], data[(b + round) % BLOCKS]));
      data[b][round] ^= (uint8_t)(round + b);
    }
  stop_clock();
  return report();
}
