/* Conway's game of life, a byte a cell. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { SIZE = 512, STRIDE = SIZE + 2, GENERATIONS = 8000 };

static uint8_t fields[2][STRIDE][STRIDE];

static NOINLINE void step(uint8_t (*restrict to)[STRIDE], uint8_t (*restrict from)[STRIDE]) {
  for (int y = 1; y <= SIZE; y++) {
    const uint8_t *up = from[y - 1], *here = from[y], *down = from[y + 1];
    uint8_t *out = to[y];
    for (int x = 1; x <= SIZE; x++) {
      const uint8_t neighbours = (uint8_t)(up[x - 1] + up[x] + up[x + 1] + here[x - 1] + here[x + 1] +
                                           down[x - 1] + down[x] + down[x + 1]);
      out[x] = (uint8_t)((neighbours == 3) | (here[x] & (neighbours == 2)));
    }
  }
}

static NOINLINE uint32_t population(uint8_t (*field)[STRIDE]) {
  uint32_t sum = 0;
  for (int y = 1; y <= SIZE; y++)
    for (int x = 1; x <= SIZE; x++) sum += field[y][x];
  return sum;
}

int main(void) {
  title("lifebytes: 512x512 cells");
  for (int y = 1; y <= SIZE; y++)
    for (int x = 1; x <= SIZE; x++) fields[0][y][x] = random_u32() % 3 == 0;
  start_clock();
  for (int n = 0; n < GENERATIONS; n++) {
    step(fields[(n + 1) & 1], fields[n & 1]);
    if (n % 16 == 0) mix(population(fields[(n + 1) & 1]));
  }
  stop_clock();
  mix_bytes(fields, sizeof fields);
  return report();
}
