/*
 * Multiresolution kernel: a matrix applied along the last dimension of a three-dimensional array, from the
 * heap.
 */
#include <stdlib.h>
#include "../bench.h"

enum { R = 150, Q = 140, P = 140 };

int main(void) {
  title("doitgen 150 x 140 x 140");
  double(*a)[Q][P] = malloc(sizeof(double[R][Q][P]));
  double(*c)[P] = malloc(sizeof(double[P][P]));
  double *sum = malloc(P * sizeof(double));
  for (int i = 0; i < R; i++)
    for (int j = 0; j < Q; j++)
      for (int k = 0; k < P; k++) a[i][j][k] = (double)((i * j + k) % P) / P;
  for (int i = 0; i < P; i++)
    for (int j = 0; j < P; j++) c[i][j] = (double)(i * j % P) / P;
  start_clock();
  for (int r = 0; r < R; r++)
    for (int q = 0; q < Q; q++) {
      for (int p = 0; p < P; p++) {
        sum[p] = 0;
        for (int s = 0; s < P; s++) sum[p] += a[r][q][s] * c[s][p];
      }
      for (int p = 0; p < P; p++) a[r][q][p] = sum[p];
    }
  stop_clock();
  mix_doubles(&a[0][0][0], (size_t)R * Q * P);
  return report();
}
