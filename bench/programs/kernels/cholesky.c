/* Cholesky decomposition of a symmetric positive definite matrix. */
#include <math.h>
#include "../bench.h"

enum { N = 1200 };
static double a[N][N];

int main(void) {
  title("cholesky 1200");
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) a[i][j] = 1.0 / (1 + (i > j ? i - j : j - i));
    a[i][i] = N / 10.0;
  }
  start_clock();
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
    for (int k = 0; k < i; k++) a[i][i] -= a[i][k] * a[i][k];
    a[i][i] = sqrt(a[i][i]);
  }
  stop_clock();
  mix_doubles(&a[0][0], (size_t)N * N);
  return report();
}
