/* Nine-point Gauss-Seidel relaxation in place: every value depends on the one before it. */
#include "../bench.h"

enum { N = 400, STEPS = 130 };
static double a[N][N];

int main(void) {
  title("seidel2d 400, 130 steps");
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = ((double)i * (j + 2) + 2) / N;
  start_clock();
  for (int t = 0; t < STEPS; t++)
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] + a[i][j] + a[i][j + 1] +
                   a[i + 1][j - 1] + a[i + 1][j] + a[i + 1][j + 1]) / 9.0;
  stop_clock();
  mix_doubles(&a[0][0], (size_t)N * N);
  return report();
}
