/* Blurs an image by binomial weights, rows first, then columns. Plain C, vectorised by the compiler. */
#include <stdlib.h>
#include "../bench.h"

enum { WIDTH = 1024, HEIGHT = 768, ROUNDS = 720 };

static uint8_t image[HEIGHT][WIDTH], blurred[HEIGHT][WIDTH];

static NOINLINE void blur_rows(uint8_t (*restrict to)[WIDTH], uint8_t (*restrict from)[WIDTH]) {
  for (int y = 0; y < HEIGHT; y++) {
    const uint8_t *in = from[y];
    uint8_t *out = to[y];
    for (int x = 2; x < WIDTH - 2; x++)
      out[x] = (uint8_t)((in[x - 2] + 4 * in[x - 1] + 6 * in[x] + 4 * in[x + 1] + in[x + 2] + 8) >> 4);
    out[0] = in[0], out[1] = in[1], out[WIDTH - 2] = in[WIDTH - 2], out[WIDTH - 1] = in[WIDTH - 1];
  }
}

static NOINLINE void blur_columns(uint8_t (*restrict to)[WIDTH], uint8_t (*restrict from)[WIDTH]) {
  for (int y = 0; y < HEIGHT; y++) {
    const uint8_t *a = from[y < 2 ? 0 : y - 2], *b = from[y < 1 ? 0 : y - 1], *c = from[y];
    const uint8_t *d = from[y > HEIGHT - 2 ? y : y + 1], *e = from[y > HEIGHT - 3 ? y : y + 2];
    uint8_t *out = to[y];
    for (int x = 0; x < WIDTH; x++)
      out[x] = (uint8_t)((a[x] + 4 * b[x] + 6 * c[x] + 4 * d[x] + e[x] + 8) >> 4);
  }
}

int main(void) {
  title("blur: 1024x768 pixels, 5 by 5");
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) image[y][x] = (uint8_t)random_u32();
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    blur_rows(blurred, image);
    blur_columns(image, blurred);
    // Something that does not fade away.
    for (int k = 0; k < 64; k++) image[(round * 97 + k * 11) % HEIGHT][(round * 193 + k * 15) % WIDTH] = 255;
  }
  stop_clock();
  mix_bytes(image, sizeof image);
  return report();
}
