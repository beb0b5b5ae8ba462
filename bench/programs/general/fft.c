/* Fast Fourier transforms of integer samples, there and back, with rounding to 16 bits and windowing. */
#include <math.h>
#include "../bench.h"

enum { BITS = 15, N = 1 << BITS, ROUNDS = 96 };
static double re[N], im[N], cosines[N / 2], sines[N / 2];
static int16_t samples[N];

static NOINLINE void transform(double sign) {
  for (uint32_t i = 1, j = 0; i < N; i++) {
    uint32_t bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double swap = re[i];
      re[i] = re[j], re[j] = swap;
      swap = im[i];
      im[i] = im[j], im[j] = swap;
    }
  }
  for (int length = 2; length <= N; length <<= 1)
    for (int i = 0; i < N; i += length)
      for (int j = 0, k = 0; j < length / 2; j++, k += N / length) {
        double c = cosines[k], s = sign * sines[k];
        double *ra = &re[i + j], *ia = &im[i + j], *rb = ra + length / 2, *ib = ia + length / 2;
        double x = *rb * c - *ib * s, y = *rb * s + *ib * c;
        *rb = *ra - x, *ib = *ia - y;
        *ra += x, *ia += y;
      }
}

int main(void) {
  title("fft 32768, 96 rounds");
  for (int i = 0; i < N / 2; i++) {
    cosines[i] = cos(2 * 3.141592653589793 * i / N);
    sines[i] = sin(2 * 3.141592653589793 * i / N);
  }
  for (int i = 0; i < N; i++) samples[i] = (int16_t)random_u32();
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < N; i++) re[i] = samples[i], im[i] = 0;
    transform(1);
    for (int i = 0; i < N; i++) {
      double gain = fabs(re[i]) + fabs(im[i]) < 3e4 ? 0.5 : 0.98;
      re[i] *= gain, im[i] *= gain;
    }
    transform(-1);
    for (int i = 0; i < N; i++) {
      double value = nearbyint(re[i] / N);
      samples[i] = (int16_t)fmin(32767, fmax(-32768, ceil(value)));
    }
    mix_bytes(samples, sizeof samples / 16);
  }
  stop_clock();
  mix_bytes(samples, sizeof samples);
  return report();
}
