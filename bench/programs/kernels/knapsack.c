/* The 0/1 knapsack problem with 64-bit values, and the number of ways to pay a sum modulo a prime. */
#include "../bench.h"

enum { ITEMS = 2400, CAPACITY = 100000, COINS = 150 };
static int64_t best[CAPACITY + 1];
static uint32_t ways[CAPACITY + 1];
static int weight[ITEMS];
static int64_t value[ITEMS];

int main(void) {
  title("knapsack 2400 items, capacity 100000");
  for (int i = 0; i < ITEMS; i++) {
    weight[i] = 50 + (int)(random_u32() % 900);
    value[i] = (int64_t)weight[i] * 1000000007 + random_u32();
  }
  start_clock();
  for (int i = 0; i < ITEMS; i++)
    for (int w = CAPACITY; w >= weight[i]; w--) {
      int64_t taken = best[w - weight[i]] + value[i];
      if (taken > best[w]) best[w] = taken;
    }
  ways[0] = 1;
  for (int i = 0; i < COINS; i++)
    for (int w = weight[i]; w <= CAPACITY; w++) ways[w] = (ways[w] + ways[w - weight[i]]) % 998244353;
  stop_clock();
  mix((uint64_t)best[CAPACITY]);
  mix_bytes(ways, sizeof ways);
  return report();
}
