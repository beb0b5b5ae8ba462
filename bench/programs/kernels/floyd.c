/* All shortest paths by Floyd and Warshall's method, on a matrix of ints. */
#include "../bench.h"

enum { N = 720 };
static int path[N][N];

int main(void) {
  title("floyd 720");
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) path[i][j] = i == j ? 0 : 1 + (int)(random_u32() % (uint32_t)(50 + (i ^ j)));
  start_clock();
  for (int k = 0; k < N; k++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        path[i][j] = path[i][j] < path[i][k] + path[k][j] ? path[i][j] : path[i][k] + path[k][j];
  stop_clock();
  mix_bytes(path, sizeof path);
  return report();
}
