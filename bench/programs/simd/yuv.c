/* Turns planes of red, green and blue into luma and chroma, and back. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { PIXELS = 1 << 18, ROUNDS = 600 };

static uint8_t red[PIXELS], green[PIXELS], blue[PIXELS], luma[PIXELS], chroma_u[PIXELS], chroma_v[PIXELS];

static NOINLINE void to_yuv(void) {
  for (int n = 0; n < PIXELS; n++) {
    const int16_t r = red[n], g = green[n], b = blue[n];
    luma[n] = (uint8_t)((uint16_t)(66 * r + 129 * g + 25 * b + 128) >> 8);
    chroma_u[n] = (uint8_t)(((int16_t)(112 * b - 38 * r - 74 * g + 128) >> 8) + 128);
    chroma_v[n] = (uint8_t)(((int16_t)(112 * r - 94 * g - 18 * b + 128) >> 8) + 128);
  }
}

static inline uint8_t clamped(int32_t x) { return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x); }

static NOINLINE void to_rgb(void) {
  for (int n = 0; n < PIXELS; n++) {
    const int32_t y = 298 * luma[n], u = chroma_u[n] - 128, v = chroma_v[n] - 128;
    red[n] = clamped((y + 409 * v + 128) >> 8);
    green[n] = clamped((y - 100 * u - 208 * v + 128) >> 8);
    blue[n] = clamped((y + 516 * u + 128) >> 8);
  }
}

int main(void) {
  title("yuv: 600 times 262144 pixels");
  for (int n = 0; n < PIXELS; n++) {
    const uint32_t random = random_u32();
    red[n] = (uint8_t)random, green[n] = (uint8_t)(random >> 8), blue[n] = (uint8_t)(random >> 16);
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    to_yuv();
    to_rgb();
    red[round * 991 % PIXELS] ^= 0x80;
  }
  stop_clock();
  mix_bytes(red, PIXELS), mix_bytes(green, PIXELS), mix_bytes(blue, PIXELS);
  return report();
}
