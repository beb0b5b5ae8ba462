/* Edit distances between words of text, by two rolling rows on the heap. */
#include <stdlib.h>
#include "../bench.h"

enum { LENGTH = 6000, ROUNDS = 3 };

int main(void) {
  title("editdistance 6000 x 6000, 3 rounds");
  uint8_t *a = malloc(LENGTH), *b = malloc(LENGTH);
  uint16_t *above = malloc((LENGTH + 1) * sizeof *above), *row = malloc((LENGTH + 1) * sizeof *row);
  for (int i = 0; i < LENGTH; i++) {
    a[i] = (uint8_t)('a' + random_u32() % 6);
    b[i] = random_u32() % 4 ? a[i] : (uint8_t)('a' + random_u32() % 6);
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int j = 0; j <= LENGTH; j++) above[j] = (uint16_t)j;
    for (int i = 0; i < LENGTH; i++) {
      row[0] = (uint16_t)(i + 1);
      for (int j = 0; j < LENGTH; j++) {
        int best = above[j] + (a[i] != b[j]);
        if (above[j + 1] + 1 < best) best = above[j + 1] + 1;
        if (row[j] + 1 < best) best = row[j] + 1;
        row[j + 1] = (uint16_t)best;
      }
      uint16_t *swap = above;
      above = row;
      row = swap;
    }
    mix(above[LENGTH]);
    a[round * 7] ^= 1;
  }
  stop_clock();
  return report();
}
