/* General matrix product C = alpha * A * B + beta * C, in the order i, k, j. */
#include "../bench.h"

enum { NI = 620, NJ = 650, NK = 680 };
static double a[NI][NK], b[NK][NJ], c[NI][NJ];

int main(void) {
  title("gemm 620 x 650 x 680");
  const double alpha = 1.5, beta = 1.2;
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) c[i][j] = (double)((i * j + 1) % NI) / NI;
  for (int i = 0; i < NI; i++)
    for (int k = 0; k < NK; k++) a[i][k] = (double)(i * (k + 1) % NK) / NK;
  for (int k = 0; k < NK; k++)
    for (int j = 0; j < NJ; j++) b[k][j] = (double)(k * (j + 2) % NJ) / NJ;
  start_clock();
  for (int i = 0; i < NI; i++) {
    for (int j = 0; j < NJ; j++) c[i][j] *= beta;
    for (int k = 0; k < NK; k++)
      for (int j = 0; j < NJ; j++) c[i][j] += alpha * a[i][k] * b[k][j];
  }
  stop_clock();
  mix_doubles(&c[0][0], (size_t)NI * NJ);
  return report();
}
