/* LU decomposition without pivoting, then forward and backward substitution. */
#include <stdlib.h>
#include "../bench.h"

enum { N = 860 };

int main(void) {
  title("lu 860");
  double(*a)[N] = malloc(sizeof(double[N][N]));
  double *b = malloc(N * sizeof(double)), *x = malloc(N * sizeof(double)), *y = malloc(N * sizeof(double));
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) a[i][j] = 1.0 / (1 + (i * 7 + j * 3) % 101);
    a[i][i] = N / 4.0;
    b[i] = (i + 1) / (double)N / 2.0 + 4;
  }
  start_clock();
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      double w = a[i][j];
      for (int k = 0; k < j; k++) w -= a[i][k] * a[k][j];
      a[i][j] = w / a[j][j];
    }
    for (int j = i; j < N; j++) {
      double w = a[i][j];
      for (int k = 0; k < i; k++) w -= a[i][k] * a[k][j];
      a[i][j] = w;
    }
  }
  for (int i = 0; i < N; i++) {
    double w = b[i];
    for (int j = 0; j < i; j++) w -= a[i][j] * y[j];
    y[i] = w;
  }
  for (int i = N - 1; i >= 0; i--) {
    double w = y[i];
    for (int j = i + 1; j < N; j++) w -= a[i][j] * x[j];
    x[i] = w / a[i][i];
  }
  stop_clock();
  mix_doubles(&a[0][0], (size_t)N * N);
  mix_doubles(x, N);
  return report();
}
