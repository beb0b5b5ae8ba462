/*
 * Matrix-vector products y = transpose(A) * (A * x) and, with the result, the biconjugate pair; many times.
 */
#include "../bench.h"

enum { M = 390, N = 410, ROUNDS = 800 };
static double a[M][N], x[N], y[N], s[N], q[M], r[M], t[M];

int main(void) {
  title("atax 390 x 410, 800 rounds");
  for (int j = 0; j < N; j++) x[j] = 1 + j / (double)N;
  for (int i = 0; i < M; i++) {
    r[i] = (double)(i % M) / M;
    for (int j = 0; j < N; j++) a[i][j] = (double)((i + j) % N) / (5 * M);
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int j = 0; j < N; j++) y[j] = 0;
    for (int i = 0; i < M; i++) {
      t[i] = 0;
      for (int j = 0; j < N; j++) t[i] += a[i][j] * x[j];
      for (int j = 0; j < N; j++) y[j] += a[i][j] * t[i];
    }
    for (int j = 0; j < N; j++) s[j] = 0;
    for (int i = 0; i < M; i++) {
      q[i] = 0;
      for (int j = 0; j < N; j++) {
        s[j] += r[i] * a[i][j];
        q[i] += a[i][j] * y[j];
      }
    }
    double largest = 0;
    for (int j = 0; j < N; j++)
      if (y[j] > largest) largest = y[j];
    for (int j = 0; j < N; j++) x[j] = y[j] / largest + 0.001 * s[j];
  }
  stop_clock();
  mix_doubles(x, N);
  mix_doubles(q, M);
  return report();
}
