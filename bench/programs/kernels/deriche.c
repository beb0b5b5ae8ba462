/* Recursive edge filter over an image in single precision, forward and backward, along rows and columns. */
#include <math.h>
#include "../bench.h"

enum { W = 640, H = 480, ROUNDS = 45 };
static float in[W][H], out[W][H], forth[W][H], back[W][H];

int main(void) {
  title("deriche 640 x 480, 45 rounds");
  for (int i = 0; i < W; i++)
    for (int j = 0; j < H; j++) in[i][j] = (float)((313 * i + 991 * j) % 65536) / 65535.0f;
  start_clock();
  const float alpha = 0.25f;
  const float k = (1.0f - expf(-alpha)) * (1.0f - expf(-alpha)) /
                  (1.0f + 2.0f * alpha * expf(-alpha) - expf(2.0f * alpha));
  const float a1 = k, a2 = k * expf(-alpha) * (alpha - 1.0f), a3 = k * expf(-alpha) * (alpha + 1.0f);
  const float a4 = -k * expf(-2.0f * alpha), b1 = powf(2.0f, -alpha), b2 = -expf(-2.0f * alpha);
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < W; i++) {
      float ym1 = 0, ym2 = 0, xm1 = 0;
      for (int j = 0; j < H; j++) {
        forth[i][j] = a1 * in[i][j] + a2 * xm1 + b1 * ym1 + b2 * ym2;
        xm1 = in[i][j];
        ym2 = ym1;
        ym1 = forth[i][j];
      }
    }
    for (int i = 0; i < W; i++) {
      float yp1 = 0, yp2 = 0, xp1 = 0, xp2 = 0;
      for (int j = H - 1; j >= 0; j--) {
        back[i][j] = a3 * xp1 + a4 * xp2 + b1 * yp1 + b2 * yp2;
        xp2 = xp1;
        xp1 = in[i][j];
        yp2 = yp1;
        yp1 = back[i][j];
      }
    }
    for (int i = 0; i < W; i++)
      for (int j = 0; j < H; j++) out[i][j] = forth[i][j] + back[i][j];
    for (int j = 0; j < H; j++) {
      float tm1 = 0, ym1 = 0, ym2 = 0;
      for (int i = 0; i < W; i++) {
        forth[i][j] = a1 * out[i][j] + a2 * tm1 + b1 * ym1 + b2 * ym2;
        tm1 = out[i][j];
        ym2 = ym1;
        ym1 = forth[i][j];
      }
    }
    for (int j = 0; j < H; j++) {
      float tp1 = 0, tp2 = 0, yp1 = 0, yp2 = 0;
      for (int i = W - 1; i >= 0; i--) {
        back[i][j] = a3 * tp1 + a4 * tp2 + b1 * yp1 + b2 * yp2;
        tp2 = tp1;
        tp1 = out[i][j];
        yp2 = yp1;
        yp1 = back[i][j];
      }
    }
    for (int i = 0; i < W; i++)
      for (int j = 0; j < H; j++) in[i][j] = 0.9f * in[i][j] + 0.1f * fminf(1.0f, fabsf(forth[i][j] + back[i][j]));
  }
  stop_clock();
  mix_bytes(in, sizeof in);
  return report();
}
