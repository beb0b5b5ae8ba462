/* The Mandelbrot set, four points at once in floats, and two in doubles for its border. */
#include "../bench.h"
#include "simd.h"

enum { SIZE = 1024, LIMIT = 400 };

static uint16_t turns[SIZE][SIZE];

static NOINLINE void row_of_floats(uint16_t *out, float y) {
  const f32x4 ci = splat_f32(y);
  for (int x = 0; x < SIZE; x += 4) {
    const f32x4 cr = ((f32x4){0, 1, 2, 3} + (float)x) * (3.0f / SIZE) - 2.0f;
    f32x4 r = cr, i = ci;
    i32x4 count = {0};
    for (int turn = 0; turn < LIMIT; turn++) {
      const f32x4 rr = r * r, ii = i * i;
      const i32x4 inside = rr + ii < 4.0f;
      if (!any_bit((u8x16)inside)) break;
      count -= inside;
      i = (r + r) * i + ci;
      r = rr - ii + cr;
    }
    for (int k = 0; k < 4; k++) out[x + k] = (uint16_t)count[k];
  }
}

static NOINLINE int64_t point_pair(double x, double y, double step) {
  const f64x2 cr = {x, x + step}, ci = splat_f64(y);
  f64x2 r = cr, i = ci;
  i64x2 count = {0, 0};
  for (int turn = 0; turn < 4 * LIMIT; turn++) {
    const f64x2 rr = r * r, ii = i * i;
    const i64x2 inside = rr + ii < 4.0;
    if (!any_bit((u8x16)inside)) break;
    count -= inside;
    i = (r + r) * i + ci;
    r = rr - ii + cr;
  }
  return count[0] * 4096 + count[1];
}

int main(void) {
  title("mandelbrot4: 1024x1024");
  start_clock();
  for (int y = 0; y < SIZE; y++) row_of_floats(turns[y], (float)(y - SIZE / 2) * (2.5f / SIZE));
  for (int y = 0; y < SIZE; y += 2)
    for (int x = 0; x < SIZE; x += 2)
      if (turns[y][x] != turns[y][x + 1] || turns[y][x] > LIMIT / 2)
        mix((uint64_t)point_pair(x * (3.0 / SIZE) - 2.0, (y - SIZE / 2) * (2.5 / SIZE), 3.0 / SIZE / 2));
  stop_clock();
  mix_bytes(turns, sizeof turns);
  return report();
}
