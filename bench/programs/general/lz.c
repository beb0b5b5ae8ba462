/* LZ77 compression with hash chains, in a byte format like LZ4's, and decompression. */
#include "../bench.h"

enum { SIZE = 1 << 20, ROUNDS = 12, HASH_BITS = 15, WINDOW = 1 << 15, LONGEST_CHAIN = 24 };
static uint8_t input[SIZE + 16], packed[SIZE + SIZE / 8 + 64], output[SIZE + 16];
static int32_t head[1 << HASH_BITS], chain[WINDOW];

static inline uint32_t load32(const uint8_t *p) {
  uint32_t value;
  memcpy(&value, p, 4);
  return value;
}

static inline uint32_t hash(const uint8_t *p) { return load32(p) * 2654435761u >> (32 - HASH_BITS); }

static uint8_t *put_length(uint8_t *to, size_t length) {
  for (; length >= 255; length -= 255) *to++ = 255;
  *to++ = (uint8_t)length;
  return to;
}

static NOINLINE size_t compress(const uint8_t *from, size_t length, uint8_t *to) {
  uint8_t *start = to;
  memset(head, 0xff, sizeof head);
  size_t anchor = 0, at = 0;
  while (at + 12 < length) {
    uint32_t h = hash(from + at);
    size_t best = 3, best_distance = 0;
    int32_t candidate = head[h];
    for (int tries = LONGEST_CHAIN; candidate >= 0 && at - (size_t)candidate < WINDOW && tries > 0; tries--) {
      if (from[(size_t)candidate + best] == from[at + best] && load32(from + candidate) == load32(from + at)) {
        size_t n = 4;
        while (at + n < length && from[(size_t)candidate + n] == from[at + n]) n++;
        if (n > best) best = n, best_distance = at - (size_t)candidate;
      }
      candidate = chain[candidate & (WINDOW - 1)];
    }
    chain[at & (WINDOW - 1)] = head[h];
    head[h] = (int32_t)at;
    if (best_distance == 0) {
      at++;
      continue;
    }
    to = put_length(to, at - anchor);
    memcpy(to, from + anchor, at - anchor);
    to += at - anchor;
    *to++ = (uint8_t)best_distance;
    *to++ = (uint8_t)(best_distance >> 8);
    to = put_length(to, best - 4);
    for (size_t end = at + best; ++at < end;) {
      if (at + 12 >= length) continue;
      uint32_t inner = hash(from + at);
      chain[at & (WINDOW - 1)] = head[inner];
      head[inner] = (int32_t)at;
    }
    anchor = at;
  }
  to = put_length(to, length - anchor);
  memcpy(to, from + anchor, length - anchor);
  return (size_t)(to - start) + length - anchor;
}

static inline size_t get_length(const uint8_t **from) {
  size_t length = 0;
  uint8_t byte;
  do length += byte = *(*from)++;
  while (byte == 255);
  return length;
}

static NOINLINE size_t decompress(const uint8_t *from, size_t length, uint8_t *to) {
  const uint8_t *end = from + length;
  uint8_t *start = to;
  for (;;) {
    size_t literals = get_length(&from);
    for (; literals > 0; literals--) *to++ = *from++;
    if (from >= end) return (size_t)(to - start);
    size_t distance = from[0] | (size_t)from[1] << 8;
    from += 2;
    const uint8_t *match = to - distance;
    for (size_t n = get_length(&from) + 4; n > 0; n--) *to++ = *match++;
  }
}

int main(void) {
  title("lz 1 MiB, 12 rounds");
  static const char *const words[] = {"the ", "function ", "of ", "memory ", "value ", "return ", "table ",
                                      "loop ", "and ", "index ", "module ", "stack ", "block ", "\n"};
  for (size_t at = 0; at < SIZE;) {
    uint32_t choice = random_u32() % 16;
    if (choice < 14)
      for (const char *word = words[choice]; *word && at < SIZE; word++) input[at++] = (uint8_t)*word;
    else
      for (int i = 0; i < 5 && at < SIZE; i++) input[at++] = (uint8_t)('0' + random_u32() % 64);
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    size_t size = compress(input, SIZE, packed);
    mix(size);
    mix(decompress(packed, size, output));
    mix((uint64_t)(unsigned)memcmp(input, output, SIZE));
    for (int i = 0; i < 1000; i++) input[random_u32() % SIZE] = (uint8_t)random_u32();
  }
  stop_clock();
  mix_bytes(packed, 100000);
  return report();
}
