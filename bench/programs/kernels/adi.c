/* Alternating-direction implicit solver: tridiagonal sweeps along columns, then along rows. */
#include <stdlib.h>
#include "../bench.h"

enum { N = 260, STEPS = 160 };

int main(void) {
  title("adi 260, 160 steps");
  double(*u)[N] = malloc(sizeof(double[N][N]));
  double(*v)[N] = malloc(sizeof(double[N][N]));
  double(*p)[N] = malloc(sizeof(double[N][N]));
  double(*q)[N] = malloc(sizeof(double[N][N]));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      u[i][j] = (double)(i + N - j) / N;
      v[i][j] = p[i][j] = q[i][j] = 0;
    }
  start_clock();
  const double dx = 1.0 / N, dt = 1.0 / STEPS;
  const double mul1 = 2.0 * dt / (dx * dx), mul2 = 1.0 * dt / (dx * dx);
  const double a = -mul1 / 2.0, b = 1.0 + mul1, c = a, d = -mul2 / 2.0, e = 1.0 + mul2, f = d;
  for (int t = 1; t <= STEPS; t++) {
    for (int i = 1; i < N - 1; i++) {
      v[0][i] = 1;
      p[i][0] = 0;
      q[i][0] = v[0][i];
      for (int j = 1; j < N - 1; j++) {
        p[i][j] = -c / (a * p[i][j - 1] + b);
        q[i][j] = (-d * u[j][i - 1] + (1.0 + 2.0 * d) * u[j][i] - f * u[j][i + 1] - a * q[i][j - 1]) /
                  (a * p[i][j - 1] + b);
      }
      v[N - 1][i] = 1;
      for (int j = N - 2; j >= 1; j--) v[j][i] = p[i][j] * v[j + 1][i] + q[i][j];
    }
    for (int i = 1; i < N - 1; i++) {
      u[i][0] = 1;
      p[i][0] = 0;
      q[i][0] = u[i][0];
      for (int j = 1; j < N - 1; j++) {
        p[i][j] = -f / (d * p[i][j - 1] + e);
        q[i][j] = (-a * v[i - 1][j] + (1.0 + 2.0 * a) * v[i][j] - c * v[i + 1][j] - d * q[i][j - 1]) /
                  (d * p[i][j - 1] + e);
      }
      u[i][N - 1] = 1;
      for (int j = N - 2; j >= 1; j--) u[i][j] = p[i][j] * u[i][j + 1] + q[i][j];
    }
  }
  stop_clock();
  mix_doubles(&u[0][0], (size_t)N * N);
  return report();
}
