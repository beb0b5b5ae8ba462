/* Conway's Game of Life on a torus, a byte a cell, with branches on every neighbour count. */
#include "../bench.h"

enum { W = 512, H = 384, STEPS = 220 };
static uint8_t cells[2][H][W];

int main(void) {
  title("life 512 x 384, 220 steps");
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) cells[0][y][x] = random_u32() % 3 == 0;
  start_clock();
  for (int step = 0; step < STEPS; step++) {
    uint8_t(*now)[W] = cells[step & 1], (*next)[W] = cells[~step & 1];
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        int neighbours = 0;
        for (int dy = -1; dy <= 1; dy++)
          for (int dx = -1; dx <= 1; dx++)
            if (dx || dy) neighbours += now[(y + dy + H) % H][(x + dx) & (W - 1)];
        next[y][x] = neighbours == 3 || (neighbours == 2 && now[y][x]);
      }
  }
  stop_clock();
  mix_bytes(cells, sizeof cells);
  return report();
}
