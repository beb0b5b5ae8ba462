/* Finite-difference time-domain simulation of a field on a plane. */
#include "../bench.h"

enum { NX = 400, NY = 420, STEPS = 450 };
static double ex[NX][NY], ey[NX][NY], hz[NX][NY];

int main(void) {
  title("fdtd2d 400 x 420, 450 steps");
  for (int i = 0; i < NX; i++)
    for (int j = 0; j < NY; j++) {
      ex[i][j] = (double)i * (j + 1) / NX;
      ey[i][j] = (double)i * (j + 2) / NY;
      hz[i][j] = (double)i * (j + 3) / NX;
    }
  start_clock();
  for (int t = 0; t < STEPS; t++) {
    for (int j = 0; j < NY; j++) ey[0][j] = t;
    for (int i = 1; i < NX; i++)
      for (int j = 0; j < NY; j++) ey[i][j] = ey[i][j] - 0.5 * (hz[i][j] - hz[i - 1][j]);
    for (int i = 0; i < NX; i++)
      for (int j = 1; j < NY; j++) ex[i][j] = ex[i][j] - 0.5 * (hz[i][j] - hz[i][j - 1]);
    for (int i = 0; i < NX - 1; i++)
      for (int j = 0; j < NY - 1; j++)
        hz[i][j] = hz[i][j] - 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
  }
  stop_clock();
  mix_doubles(&hz[0][0], (size_t)NX * NY);
  return report();
}
