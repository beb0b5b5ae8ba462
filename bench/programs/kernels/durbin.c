/* Solves Toeplitz systems by Durbin's recursion, and triangular ones by substitution. */
#include "../bench.h"

enum { N = 1000, ROUNDS = 200 };
static double r[N], y[N], z[N], l[N][N], x[N];

int main(void) {
  title("durbin 1000, 200 rounds");
  for (int i = 0; i < N; i++) {
    r[i] = 1.0 / (i + 2);
    for (int j = 0; j <= i; j++) l[i][j] = (double)(i + N - j + 1) * 2 / N;
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    r[round] *= 0.99;
    double alpha = -r[0], beta = 1;
    y[0] = -r[0];
    for (int k = 1; k < N; k++) {
      beta = (1 - alpha * alpha) * beta;
      double sum = 0;
      for (int i = 0; i < k; i++) sum += r[k - i - 1] * y[i];
      alpha = -(r[k] + sum) / beta;
      for (int i = 0; i < k; i++) z[i] = y[i] + alpha * y[k - i - 1];
      for (int i = 0; i < k; i++) y[i] = z[i];
      y[k] = alpha;
    }
    for (int i = 0; i < N; i++) {
      x[i] = y[i];
      for (int j = 0; j < i; j++) x[i] -= l[i][j] * x[j];
      x[i] = x[i] / l[i][i];
    }
    mix_double(x[N - 1]);
  }
  stop_clock();
  mix_doubles(y, N);
  mix_doubles(x, N);
  return report();
}
