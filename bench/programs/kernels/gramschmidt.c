/* QR decomposition by the modified Gram-Schmidt process; all inner loops go down columns. */
#include <math.h>
#include "../bench.h"

enum { M = 640, N = 600 };
static double a[M][N], r[N][N], q[M][N];

int main(void) {
  title("gramschmidt 640 x 600");
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) a[i][j] = (double)((i * j + i * 5 + j * j) % M) / M * 100 + 10;
  start_clock();
  for (int k = 0; k < N; k++) {
    double norm = 0;
    for (int i = 0; i < M; i++) norm += a[i][k] * a[i][k];
    r[k][k] = sqrt(norm);
    for (int i = 0; i < M; i++) q[i][k] = a[i][k] / r[k][k];
    for (int j = k + 1; j < N; j++) {
      r[k][j] = 0;
      for (int i = 0; i < M; i++) r[k][j] += q[i][k] * a[i][j];
      for (int i = 0; i < M; i++) a[i][j] = a[i][j] - q[i][k] * r[k][j];
    }
  }
  stop_clock();
  mix_doubles(&r[0][0], (size_t)N * N);
  mix_doubles(&q[0][0], (size_t)M * N);
  return report();
}
