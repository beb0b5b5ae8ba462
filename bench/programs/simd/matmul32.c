/* Products of matrices of floats, four rows at a time. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { SIZE = 384, ROUNDS = 60 };

static float a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static NOINLINE void multiply(void) {
  for (int i = 0; i < SIZE; i += 4) {
    for (int j = 0; j < SIZE; j++) c[i][j] = c[i + 1][j] = c[i + 2][j] = c[i + 3][j] = 0;
    for (int k = 0; k < SIZE; k++) {
      const float p = a[i][k], q = a[i + 1][k], r = a[i + 2][k], s = a[i + 3][k];
      for (int j = 0; j < SIZE; j++) {
        const float x = b[k][j];
        c[i][j] += p * x;
        c[i + 1][j] += q * x;
        c[i + 2][j] += r * x;
        c[i + 3][j] += s * x;
      }
    }
  }
}

int main(void) {
  title("matmul32: 384x384");
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      a[i][j] = (float)(random_double() - 0.5);
      b[i][j] = (float)(random_double() - 0.5);
    }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    multiply();
    for (int i = 0; i < SIZE; i++)
      for (int j = 0; j < SIZE; j++) a[i][j] = c[i][j] * 0.125f;
  }
  stop_clock();
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) mix_double(c[i][j]);
  return report();
}
