/* Huffman coding: counts, a heap of trees, canonical codes, bits out and in. */
#include <stdlib.h>
#include "../bench.h"

enum { SIZE = 1 << 20, ROUNDS = 12, LONGEST = 24 };
static uint8_t data[SIZE], back[SIZE], packed[SIZE * 3];
static uint32_t frequency[511];
static int parent[511], heap[512], heap_size;
static uint8_t lengths[256];
static uint32_t codes[256];

static void sift(int at) {
  for (int child; (child = 2 * at) <= heap_size; at = child) {
    if (child < heap_size && frequency[heap[child + 1]] < frequency[heap[child]]) child++;
    if (frequency[heap[at]] <= frequency[heap[child]]) return;
    int swap = heap[at];
    heap[at] = heap[child], heap[child] = swap;
  }
}

static NOINLINE void make_codes(void) {
  memset(frequency, 0, sizeof frequency);
  for (int i = 0; i < SIZE; i++) frequency[data[i]]++;
  heap_size = 0;
  for (int i = 0; i < 256; i++)
    if (frequency[i]) heap[++heap_size] = i;
  for (int i = heap_size / 2; i > 0; i--) sift(i);
  int next = 256;
  while (heap_size > 1) {
    int a = heap[1];
    heap[1] = heap[heap_size--];
    sift(1);
    int b = heap[1];
    frequency[next] = frequency[a] + frequency[b];
    parent[a] = parent[b] = next;
    heap[1] = next++;
    sift(1);
  }
  for (int i = 0; i < 256; i++) {
    lengths[i] = 0;
    if (frequency[i])
      for (int n = i; n != next - 1; n = parent[n]) lengths[i]++;
  }
  uint32_t code = 0;
  for (int length = 1; length <= LONGEST; length++, code <<= 1)
    for (int i = 0; i < 256; i++)
      if (lengths[i] == length) codes[i] = code++;
}

static NOINLINE size_t encode(void) {
  uint64_t bits = 0;
  int have = 0;
  size_t to = 0;
  for (int i = 0; i < SIZE; i++) {
    bits = bits << lengths[data[i]] | codes[data[i]];
    have += lengths[data[i]];
    while (have >= 8) packed[to++] = (uint8_t)(bits >> (have -= 8));
  }
  packed[to++] = (uint8_t)(bits << (8 - have));
  packed[to] = packed[to + 1] = packed[to + 2] = 0;
  return to;
}

static NOINLINE void decode(void) {
  uint32_t first[LONGEST + 1], offset[LONGEST + 1], count[LONGEST + 1] = {0};
  uint8_t symbols[256];
  for (int i = 0; i < 256; i++)
    if (lengths[i]) count[lengths[i]]++;
  uint32_t code = 0, at = 0;
  for (int length = 1; length <= LONGEST; length++, code <<= 1) {
    first[length] = code, offset[length] = at;
    for (int i = 0; i < 256; i++)
      if (lengths[i] == length) symbols[at++] = (uint8_t)i, code++;
  }
  const uint8_t *from = packed;
  uint32_t byte = 0;
  int have = 0;
  for (int i = 0; i < SIZE; i++) {
    uint32_t value = 0;
    for (int length = 1;; length++) {
      if (have == 0) byte = *from++, have = 8;
      value = value << 1 | (byte >> --have & 1);
      if (value - first[length] < count[length]) {
        back[i] = symbols[offset[length] + value - first[length]];
        break;
      }
    }
  }
}

int main(void) {
  title("huffman 1 MiB, 12 rounds");
  for (int i = 0; i < SIZE; i++) data[i] = (uint8_t)((random_u32() & random_u32() & 127) + (random_u32() & 15));
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    make_codes();
    mix(encode());
    decode();
    mix((uint64_t)(memcmp(data, back, SIZE) == 0));
    for (int i = 0; i < 5000; i++) data[random_u32() % SIZE] = (uint8_t)random_u32();
  }
  stop_clock();
  return report();
}
