/* Quicksort of ints: median of three, recursion into the smaller side, insertion sort at the bottom. */
#include "../bench.h"

enum { COUNT = 1000000, ROUNDS = 4 };
static int32_t values[COUNT];

static NOINLINE void sort(int32_t *low, int32_t *high) {
  while (high - low > 16) {
    int32_t *middle = low + (high - low) / 2, swap;
    if (*middle < *low) swap = *middle, *middle = *low, *low = swap;
    if (*high < *low) swap = *high, *high = *low, *low = swap;
    if (*high < *middle) swap = *high, *high = *middle, *middle = swap;
    int32_t pivot = *middle, *i = low, *j = high;
    do {
      while (*i < pivot) i++;
      while (*j > pivot) j--;
      if (i <= j) swap = *i, *i++ = *j, *j-- = swap;
    } while (i <= j);
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
  for (int32_t *i = low + 1; i <= high; i++) {
    int32_t value = *i, *j = i;
    for (; j > low && j[-1] > value; j--) *j = j[-1];
    *j = value;
  }
}

int main(void) {
  title("quicksort 1000000, 4 rounds");
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < COUNT; i++) values[i] = (int32_t)random_u32();
    sort(values, values + COUNT - 1);
    for (int i = 0; i < COUNT; i += 1000) mix((uint32_t)values[i]);
  }
  stop_clock();
  return report();
}
