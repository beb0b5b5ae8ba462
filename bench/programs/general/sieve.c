/* Sieve of Eratosthenes over odd numbers as bits, then as bytes. */
#include "../bench.h"

enum { LIMIT = 8000000, ROUNDS = 7 };
static uint32_t bits[LIMIT / 64 + 1];
static uint8_t composite[LIMIT / 2];

int main(void) {
  title("sieve 8000000, 7 rounds");
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    memset(bits, 0, sizeof bits);
    uint32_t count = 1;
    for (uint32_t i = 3; i < LIMIT; i += 2) {
      if (bits[i >> 6] >> (i >> 1 & 31) & 1) continue;
      count++;
      if (i < 2829)
        for (uint32_t j = i * i; j < LIMIT; j += 2 * i) bits[j >> 6] |= 1u << (j >> 1 & 31);
    }
    mix(count);
    memset(composite, 0, sizeof composite);
    uint32_t sum = 0;
    for (uint32_t i = 2; i < LIMIT / 2; i++) {
      if (composite[i]) continue;
      sum += i;
      if (i < 2000)
        for (uint32_t j = i * i; j < LIMIT / 2; j += i) composite[j] = 1;
    }
    mix(sum);
  }
  stop_clock();
  return report();
}
