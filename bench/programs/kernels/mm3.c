/* Three matrix products G = (A * B) * (C * D), each by inner products, on matrices from the heap. */
#include <stdlib.h>
#include "../bench.h"

enum { NI = 440, NJ = 460, NK = 480, NL = 500, NM = 520 };

int main(void) {
  title("mm3 440 x 460 x 480 x 500 x 520");
  double(*a)[NK] = malloc(sizeof(double[NI][NK]));
  double(*b)[NJ] = malloc(sizeof(double[NK][NJ]));
  double(*c)[NM] = malloc(sizeof(double[NJ][NM]));
  double(*d)[NL] = malloc(sizeof(double[NM][NL]));
  double(*e)[NJ] = malloc(sizeof(double[NI][NJ]));
  double(*f)[NL] = malloc(sizeof(double[NJ][NL]));
  double(*g)[NL] = malloc(sizeof(double[NI][NL]));
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NK; j++) a[i][j] = (double)((i * j + 1) % NI) / (5 * NI);
  for (int i = 0; i < NK; i++)
    for (int j = 0; j < NJ; j++) b[i][j] = (double)((i * (j + 1) + 2) % NJ) / (5 * NJ);
  for (int i = 0; i < NJ; i++)
    for (int j = 0; j < NM; j++) c[i][j] = (double)(i * (j + 3) % NL) / (5 * NL);
  for (int i = 0; i < NM; i++)
    for (int j = 0; j < NL; j++) d[i][j] = (double)((i * (j + 2) + 2) % NK) / (5 * NK);
  start_clock();
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) {
      e[i][j] = 0;
      for (int k = 0; k < NK; k++) e[i][j] += a[i][k] * b[k][j];
    }
  for (int i = 0; i < NJ; i++)
    for (int j = 0; j < NL; j++) {
      f[i][j] = 0;
      for (int k = 0; k < NM; k++) f[i][j] += c[i][k] * d[k][j];
    }
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NL; j++) {
      g[i][j] = 0;
      for (int k = 0; k < NJ; k++) g[i][j] += e[i][k] * f[k][j];
    }
  stop_clock();
  mix_doubles(&g[0][0], (size_t)NI * NL);
  return report();
}
