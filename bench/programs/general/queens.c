/* All ways to place queens on a board, by recursion over bit masks, and the same by arrays. */
#include "../bench.h"

static NOINLINE uint32_t masks(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
    uint32_t bit = free & -free;
    count += masks(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

static uint8_t column[16], up[32], down[32];

static NOINLINE uint32_t arrays(int n, int row) {
  if (row == n) return 1;
  uint32_t count = 0;
  for (int c = 0; c < n; c++) {
    if (column[c] | up[row + c] | down[row - c + n]) continue;
    column[c] = up[row + c] = down[row - c + n] = 1;
    count += arrays(n, row + 1);
    column[c] = up[row + c] = down[row - c + n] = 0;
  }
  return count;
}

int main(void) {
  title("queens 14 by masks, 11 by arrays");
  start_clock();
  for (uint32_t n = 4; n <= 14; n++) mix(masks((1u << n) - 1, 0, 0, 0));
  for (int n = 4; n <= 11; n++) mix(arrays(n, 0));
  stop_clock();
  return report();
}
