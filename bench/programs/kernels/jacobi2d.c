/* Five-point Jacobi relaxation on a plane, back and forth between two arrays. */
#include "../bench.h"

enum { N = 400, STEPS = 600 };
static double a[N][N], b[N][N];

int main(void) {
  title("jacobi2d 400, 600 steps");
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = ((double)i * (j + 2) + 2) / N;
      b[i][j] = ((double)i * (j + 3) + 3) / N;
    }
  start_clock();
  for (int t = 0; t < STEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        b[i][j] = 0.2 * (a[i][j] + a[i][j - 1] + a[i][1 + j] + a[1 + i][j] + a[i - 1][j]);
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        a[i][j] = 0.2 * (b[i][j] + b[i][j - 1] + b[i][1 + j] + b[1 + i][j] + b[i - 1][j]);
  }
  stop_clock();
  mix_doubles(&a[0][0], (size_t)N * N);
  return report();
}
