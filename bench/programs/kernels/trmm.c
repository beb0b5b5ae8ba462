/* Triangular matrix product B = alpha * A' * B with A unit lower triangular. */
#include "../bench.h"

enum { M = 640, N = 640 };
static double a[M][M], b[M][N];

int main(void) {
  title("trmm 640 x 640");
  const double alpha = 1.5;
  for (int i = 0; i < M; i++) {
    for (int j = 0; j < i; j++) a[i][j] = (double)((i + j) % M) / M;
    a[i][i] = 1;
    for (int j = 0; j < N; j++) b[i][j] = (double)((N + i - j) % N) / N;
  }
  start_clock();
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      for (int k = i + 1; k < M; k++) b[i][j] += a[k][i] * b[k][j];
      b[i][j] = alpha * b[i][j];
    }
  stop_clock();
  mix_doubles(&b[0][0], (size_t)M * N);
  return report();
}
