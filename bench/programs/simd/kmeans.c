/* Clusters points in 8 dimensions around 16 means. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { POINTS = 1 << 13, DIMENSIONS = 8, MEANS = 16, ROUNDS = 1200 };

/* By dimension: neighbours in memory are neighbours in vectors. */
static float points[DIMENSIONS][POINTS], means[MEANS][DIMENSIONS];
static float distances[POINTS];
static int32_t nearest[POINTS];

static NOINLINE void assign_all(void) {
  for (int p = 0; p < POINTS; p++) distances[p] = 1e30f;
  for (int m = 0; m < MEANS; m++) {
    const float *mean = means[m];
    for (int p = 0; p < POINTS; p++) {
      float sum = 0;
      for (int d = 0; d < DIMENSIONS; d++) sum += (points[d][p] - mean[d]) * (points[d][p] - mean[d]);
      const int nearer = sum < distances[p];
      nearest[p] = nearer ? m : nearest[p];
      distances[p] = nearer ? sum : distances[p];
    }
  }
}

static NOINLINE int move_means(void) {
  int moved = 0;
  float sums[MEANS][DIMENSIONS] = {{0}};
  int counts[MEANS] = {0};
  for (int p = 0; p < POINTS; p++) {
    counts[nearest[p]]++;
    for (int d = 0; d < DIMENSIONS; d++) sums[nearest[p]][d] += points[d][p];
  }
  for (int m = 0; m < MEANS; m++)
    for (int d = 0; d < DIMENSIONS; d++) {
      const float mean = counts[m] == 0 ? points[d][m] : sums[m][d] / (float)counts[m];
      moved += mean != means[m][d];
      means[m][d] = mean;
    }
  return moved;
}

int main(void) {
  title("kmeans: 8192 points");
  for (int d = 0; d < DIMENSIONS; d++)
    for (int p = 0; p < POINTS; p++) points[d][p] = (float)(random_double() + (p * 7 % 23) * (d % 3) * 0.125);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    if (round % 30 == 0)
      for (int m = 0; m < MEANS; m++)
        for (int d = 0; d < DIMENSIONS; d++) means[m][d] = points[d][random_u32() % POINTS];
    assign_all();
    mix((uint64_t)move_means());
  }
  stop_clock();
  for (int m = 0; m < MEANS; m++)
    for (int d = 0; d < DIMENSIONS; d++) mix_double(means[m][d]);
  return report();
}
