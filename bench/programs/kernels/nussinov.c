/* Folding of an RNA sequence: most base pairs over all intervals. */
#include "../bench.h"

enum { N = 900 };
static int8_t sequence[N];
static int table[N][N];

static inline int max(int a, int b) { return a > b ? a : b; }

int main(void) {
  title("nussinov 900");
  for (int i = 0; i < N; i++) sequence[i] = (int8_t)(random_u32() & 3);
  start_clock();
  for (int i = N - 1; i >= 0; i--)
    for (int j = i + 1; j < N; j++) {
      table[i][j] = max(table[i][j], table[i][j - 1]);
      if (i + 1 < N) table[i][j] = max(table[i][j], table[i + 1][j]);
      if (i + 1 < N) {
        int pair = i < j - 1 && sequence[i] + sequence[j] == 3;
        table[i][j] = max(table[i][j], table[i + 1][j - 1] + pair);
      }
      for (int k = i + 1; k < j; k++) table[i][j] = max(table[i][j], table[i][k] + table[k + 1][j]);
    }
  stop_clock();
  mix_bytes(table, sizeof table);
  return report();
}
