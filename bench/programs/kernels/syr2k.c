/* Symmetric rank-2k update of the lower triangle, C = alpha * (A * B' + B * A') + beta * C. */
#include "../bench.h"

enum { N = 600, M = 560 };
static double a[N][M], b[N][M], c[N][N];

int main(void) {
  title("syr2k 600 x 560");
  const double alpha = 1.5, beta = 1.2;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) {
      a[i][j] = (double)((i * j + 1) % N) / N;
      b[i][j] = (double)((i * j + 2) % M) / M;
    }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) c[i][j] = (double)((i * j + 3) % N) / M;
  start_clock();
  for (int i = 0; i < N; i++) {
    for (int j = 0; j <= i; j++) c[i][j] *= beta;
    for (int k = 0; k < M; k++)
      for (int j = 0; j <= i; j++) c[i][j] += a[j][k] * alpha * b[i][k] + b[j][k] * alpha * a[i][k];
  }
  stop_clock();
  mix_doubles(&c[0][0], (size_t)N * N);
  return report();
}
