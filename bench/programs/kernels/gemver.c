/*
 * Rank-two update of a matrix and two matrix-vector products with it, one along columns; matrices from the
 * heap.
 */
#include <stdlib.h>
#include "../bench.h"

enum { N = 400, ROUNDS = 600 };

int main(void) {
  title("gemver 400, 600 rounds");
  double(*a)[N] = malloc(sizeof(double[N][N]));
  double *u1 = malloc(N * sizeof(double)), *v1 = malloc(N * sizeof(double));
  double *u2 = malloc(N * sizeof(double)), *v2 = malloc(N * sizeof(double));
  double *w = malloc(N * sizeof(double)), *x = malloc(N * sizeof(double));
  double *y = malloc(N * sizeof(double)), *z = malloc(N * sizeof(double));
  const double alpha = 0.015, beta = 0.012;
  for (int i = 0; i < N; i++) {
    u1[i] = i / (double)N / 500;
    u2[i] = (i + 1) / (double)N / 2.0 / 500;
    v1[i] = (i + 1) / (double)N / 4.0;
    v2[i] = (i + 1) / (double)N / 6.0;
    y[i] = (i + 1) / (double)N / 8.0;
    z[i] = (i + 1) / (double)N / 9.0;
    x[i] = w[i] = 0;
    for (int j = 0; j < N; j++) a[i][j] = (double)(i * j % N) / N;
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) a[i][j] = a[i][j] + u1[i] * v1[j] + u2[i] * v2[j];
    for (int i = 0; i < N; i++) x[i] = 0;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) x[i] = x[i] + beta * a[j][i] * y[j];
    for (int i = 0; i < N; i++) x[i] = x[i] + z[i];
    for (int i = 0; i < N; i++) w[i] = 0;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) w[i] = w[i] + alpha * a[i][j] * x[j];
  }
  stop_clock();
  mix_doubles(w, N);
  mix_doubles(x, N);
  return report();
}
