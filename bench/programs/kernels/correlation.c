/* Correlation matrix of a data table: means, deviations, normalisation, products of columns. */
#include <math.h>
#include <stdlib.h>
#include "../bench.h"

enum { M = 640, N = 720 };

int main(void) {
  title("correlation 640 x 720");
  double(*data)[M] = malloc(sizeof(double[N][M]));
  double(*corr)[M] = malloc(sizeof(double[M][M]));
  double *mean = malloc(M * sizeof(double)), *deviation = malloc(M * sizeof(double));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) data[i][j] = (double)(i * j) / M + i + (double)(i * i * j % 17);
  start_clock();
  for (int j = 0; j < M; j++) {
    mean[j] = 0;
    for (int i = 0; i < N; i++) mean[j] += data[i][j];
    mean[j] /= N;
  }
  for (int j = 0; j < M; j++) {
    deviation[j] = 0;
    for (int i = 0; i < N; i++) deviation[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    deviation[j] = sqrt(deviation[j] / N);
    if (deviation[j] <= 0.1) deviation[j] = 1;
  }
  const double root = sqrt((double)N);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) {
      data[i][j] -= mean[j];
      data[i][j] /= root * deviation[j];
    }
  for (int i = 0; i < M; i++) {
    corr[i][i] = 1;
    for (int j = i + 1; j < M; j++) {
      corr[i][j] = 0;
      for (int k = 0; k < N; k++) corr[i][j] += data[k][i] * data[k][j];
      corr[j][i] = corr[i][j];
    }
  }
  stop_clock();
  mix_doubles(&corr[0][0], (size_t)M * M);
  return report();
}
