/* Composes translucent sprites over an image, RGBA, premultiplied: over + under * (255 - alpha) / 255. */
#include "../bench.h"
#include "simd.h"

enum { WIDTH = 1024, HEIGHT = 512, SPRITE = 256, SPRITES = 5200 };

static uint8_t image[HEIGHT][WIDTH][4], sprite[SPRITE][SPRITE][4];

/* Eight words, each x * factor / 255, rounded. */
INLINE u16x8 scaled(u16x8 x, u16x8 factor) {
  const u16x8 product = x * factor + 128;
  return (product + (product >> 8)) >> 8;
}

INLINE u16x8 low_words(u8x16 a) {
  return __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7), u16x8);
}
INLINE u16x8 high_words(u8x16 a) {
  return __builtin_convertvector(__builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15), u16x8);
}

/* Four pixels. */
INLINE u8x16 blend(u8x16 over, u8x16 under) {
  const u8x16 alpha =
      __builtin_shufflevector(over, over, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
  const u8x16 rest = ~alpha;
  const u16x8 low = scaled(low_words(under), low_words(rest));
  const u16x8 high = scaled(high_words(under), high_words(rest));
  return add_sat_u8(over, narrow_u8((i16x8)low, (i16x8)high));
}

static NOINLINE void draw(int left, int top) {
  for (int y = 0; y < SPRITE; y++) {
    const uint8_t *over = sprite[y][0];
    uint8_t *under = image[top + y][left];
    for (int k = 0; k < SPRITE * 4; k += 16)
      store_u8x16(under + k, blend(load_u8x16(over + k), load_u8x16(under + k)));
  }
}

int main(void) {
  title("alphablend: 5200 sprites of 256x256");
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      for (int c = 0; c < 4; c++) image[y][x][c] = c == 3 ? 255 : (uint8_t)random_u32();
  for (int y = 0; y < SPRITE; y++)
    for (int x = 0; x < SPRITE; x++) {
      const uint32_t alpha = random_u32() & 255;
      for (int c = 0; c < 3; c++) sprite[y][x][c] = (uint8_t)((random_u32() & 255) * alpha / 255);
      sprite[y][x][3] = (uint8_t)alpha;
    }
  start_clock();
  for (int k = 0; k < SPRITES; k++)
    draw((int)(random_u32() % (WIDTH - SPRITE)), (int)(random_u32() % (HEIGHT - SPRITE)));
  stop_clock();
  mix_bytes(image, sizeof image);
  return report();
}
