/* The Mandelbrot set as a bitmap. */
#include "../bench.h"

enum { SIZE = 1200, ITERATIONS = 80 };
static uint8_t bitmap[SIZE * (SIZE / 8 + 1)];

int main(void) {
  title("mandelbrot 1200 x 1200, 80 iterations");
  start_clock();
  uint8_t *to = bitmap;
  for (int y = 0; y < SIZE; y++) {
    uint8_t byte = 0;
    for (int x = 0; x < SIZE; x++) {
      double cr = 2.0 * x / SIZE - 1.5, ci = 2.0 * y / SIZE - 1.0;
      double zr = 0, zi = 0, tr = 0, ti = 0;
      int i = 0;
      for (; i < ITERATIONS && tr + ti <= 4.0; i++) {
        zi = 2.0 * zr * zi + ci;
        zr = tr - ti + cr;
        tr = zr * zr;
        ti = zi * zi;
      }
      byte = (uint8_t)(byte << 1 | (i == ITERATIONS));
      if ((x & 7) == 7) *to++ = byte, byte = 0;
    }
    *to++ = byte;
  }
  stop_clock();
  mix_bytes(bitmap, sizeof bitmap);
  return report();
}
