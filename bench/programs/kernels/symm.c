/* Product of a symmetric matrix, of which only the lower triangle is kept, with a general one. */
#include "../bench.h"

enum { M = 500, N = 500 };
static double a[M][M], b[M][N], c[M][N];

int main(void) {
  title("symm 500 x 500");
  const double alpha = 1.5, beta = 1.2;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      c[i][j] = (double)((i + j) % 100) / M;
      b[i][j] = (double)((N + i - j) % 100) / M;
    }
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) a[i][j] = j <= i ? (double)((i + j) % 100) / M : -999;
  start_clock();
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < i; k++) {
        c[k][j] += alpha * b[i][j] * a[i][k];
        sum += b[k][j] * a[i][k];
      }
      c[i][j] = beta * c[i][j] + alpha * b[i][j] * a[i][i] + alpha * sum;
    }
  stop_clock();
  mix_doubles(&c[0][0], (size_t)M * N);
  return report();
}
