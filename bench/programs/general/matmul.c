/* Products of matrices of ints modulo a prime, and powers of one, with 64-bit accumulators. */
#include <stdlib.h>
#include "../bench.h"

enum { N = 256, POWER = 4 };
static const uint32_t PRIME = 1000000007;

static NOINLINE void multiply(const uint32_t *a, const uint32_t *b, uint32_t *c) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      uint64_t sum = 0;
      for (int k = 0; k < N; k++) {
        sum += (uint64_t)a[i * N + k] * b[k * N + j];
        if (sum >= (uint64_t)8 << 60) sum %= PRIME;
      }
      c[i * N + j] = (uint32_t)(sum % PRIME);
    }
}

int main(void) {
  title("matmul 256 x 256, 4 products");
  uint32_t *a = malloc(sizeof(uint32_t[N * N])), *b = malloc(sizeof(uint32_t[N * N])), *c = malloc(sizeof(uint32_t[N * N]));
  for (int i = 0; i < N * N; i++) a[i] = b[i] = random_u32() % PRIME;
  start_clock();
  for (int i = 0; i < POWER; i++) {
    multiply(a, b, c);
    uint32_t *swap = b;
    b = c;
    c = swap;
  }
  stop_clock();
  mix_bytes(b, sizeof(uint32_t[N * N]));
  return report();
}
