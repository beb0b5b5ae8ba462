/*
 * ChaCha20 (RFC 8439) key stream over a buffer, hashed with xxHash64's rounds: rotations of 32 and 64 bits.
 */
#include "../bench.h"

enum { SIZE = 1 << 20, ROUNDS = 90 };
static uint8_t data[SIZE];

#define ROTATE(x, n) ((x) << (n) | (x) >> (sizeof(x) * 8 - (n)))
#define QUARTER(a, b, c, d)                                   \
  a += b, d = ROTATE(d ^ a, 16), c += d, b = ROTATE(b ^ c, 12), \
  a += b, d = ROTATE(d ^ a, 8), c += d, b = ROTATE(b ^ c, 7)

static NOINLINE void chacha(uint8_t *p, size_t length, const uint32_t key[8], uint32_t counter) {
  for (size_t at = 0; at < length; at += 64, counter++) {
    uint32_t s[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, key[0], key[1], key[2], key[3],
                      key[4],     key[5],     key[6],     key[7],     counter, 1,     2,      3};
    uint32_t x[16];
    memcpy(x, s, sizeof x);
    for (int i = 0; i < 10; i++) {
      QUARTER(x[0], x[4], x[8], x[12]);
      QUARTER(x[1], x[5], x[9], x[13]);
      QUARTER(x[2], x[6], x[10], x[14]);
      QUARTER(x[3], x[7], x[11], x[15]);
      QUARTER(x[0], x[5], x[10], x[15]);
      QUARTER(x[1], x[6], x[11], x[12]);
      QUARTER(x[2], x[7], x[8], x[13]);
      QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++) {
      uint32_t word;
      memcpy(&word, p + at + 4 * i, 4);
      word ^= x[i] + s[i];
      memcpy(p + at + 4 * i, &word, 4);
    }
  }
}

static NOINLINE uint64_t hash(const uint8_t *p, size_t length) {
  const uint64_t p1 = 11400714785074694791ull, p2 = 14029467366897019727ull;
  uint64_t lane[4] = {p1 + p2, p2, 0, -p1};
  for (size_t at = 0; at < length; at += 32)
    for (int i = 0; i < 4; i++) {
      uint64_t word;
      memcpy(&word, p + at + 8 * i, 8);
      lane[i] += word * p2;
      lane[i] = ROTATE(lane[i], 31) * p1;
    }
  return ROTATE(lane[0], 1) + ROTATE(lane[1], 7) + ROTATE(lane[2], 12) + ROTATE(lane[3], 18);
}

int main(void) {
  title("chacha 1 MiB, 90 rounds");
  uint32_t key[8];
  for (int i = 0; i < 8; i++) key[i] = random_u32();
  start_clock();
  for (uint32_t round = 0; round < ROUNDS; round++) {
    chacha(data, SIZE, key, round);
    uint64_t h = hash(data, SIZE);
    key[round & 7] ^= (uint32_t)(h >> 32);
    mix(h);
  }
  stop_clock();
  return report();
}
