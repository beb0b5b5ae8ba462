/* Spheres over a plane, ray traced in single precision with shadows and mirrors. */
#include <math.h>
#include "../bench.h"

typedef struct {
  float x, y, z;
} vec;
struct sphere {
  vec centre;
  float radius, mirror;
  vec colour;
};
enum { W = 320, H = 240, SPHERES = 12, FRAMES = 20 };
static struct sphere spheres[SPHERES];
static uint8_t image[H][W][3];

static inline vec add(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static inline vec sub(vec a, vec b) { return (vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline vec scale(vec a, float s) { return (vec){a.x * s, a.y * s, a.z * s}; }
static inline float dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline vec unit(vec a) { return scale(a, 1.0f / sqrtf(dot(a, a))); }

static NOINLINE float hit(vec from, vec to, int *which) {
  float nearest = 1e30f;
  *which = -1;
  for (int i = 0; i < SPHERES; i++) {
    vec d = sub(spheres[i].centre, from);
    float along = dot(d, to), square = dot(d, d) - along * along, r2 = spheres[i].radius * spheres[i].radius;
    if (along < 0 || square > r2) continue;
    float t = along - sqrtf(r2 - square);
    if (t > 0.001f && t < nearest) nearest = t, *which = i;
  }
  if (to.y < -0.001f) {
    float t = -from.y / to.y;
    if (t > 0.001f && t < nearest) nearest = t, *which = SPHERES;
  }
  return nearest;
}

static NOINLINE vec trace(vec from, vec to, int depth) {
  int which, blocker;
  float t = hit(from, to, &which);
  if (which < 0) return (vec){0.4f, 0.5f, 0.7f + 0.3f * fabsf(to.y)};
  vec point = add(from, scale(to, t)), normal, colour;
  float mirror = 0.2f;
  if (which == SPHERES) {
    int odd = ((int)floorf(point.x) + (int)floorf(point.z)) & 1;
    normal = (vec){0, 1, 0};
    colour = odd ? (vec){0.9f, 0.9f, 0.9f} : (vec){0.1f, 0.1f, 0.1f};
  } else {
    normal = unit(sub(point, spheres[which].centre));
    colour = spheres[which].colour;
    mirror = spheres[which].mirror;
  }
  vec light = unit(sub((vec){5, 8, -6}, point));
  float bright = fmaxf(0.0f, dot(normal, light));
  if (bright > 0 && hit(point, light, &blocker) < 1e29f) bright = 0;
  vec result = scale(colour, 0.15f + 0.85f * bright);
  if (depth > 0 && mirror > 0) {
    vec bounced = sub(to, scale(normal, 2 * dot(to, normal)));
    result = add(scale(result, 1 - mirror), scale(trace(point, bounced, depth - 1), mirror));
  }
  return result;
}

int main(void) {
  title("raytrace 320 x 240, 20 frames");
  for (int i = 0; i < SPHERES; i++) {
    spheres[i].centre = (vec){(float)(i % 4) * 1.5f - 2, 0.5f + (float)(i / 4) * 0.6f, (float)(i / 4) * 1.7f};
    spheres[i].radius = 0.4f + (float)(i % 3) * 0.1f;
    spheres[i].mirror = (float)(i % 5) * 0.2f;
    spheres[i].colour = (vec){0.3f + (float)(i % 3) * 0.3f, 0.9f - (float)(i % 4) * 0.2f, 0.5f};
  }
  start_clock();
  for (int frame = 0; frame < FRAMES; frame++) {
    vec eye = {(float)frame * 0.3f, 1.5f, -6};
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        vec to = unit((vec){((float)x - W / 2) / H, (H / 2 - (float)y) / H - 0.1f, 1.2f});
        vec c = trace(eye, to, 4);
        image[y][x][0] = (uint8_t)(fminf(1.0f, c.x) * 255);
        image[y][x][1] = (uint8_t)(fminf(1.0f, c.y) * 255);
        image[y][x][2] = (uint8_t)(fminf(1.0f, c.z) * 255);
      }
    mix_bytes(image, sizeof image);
  }
  stop_clock();
  return report();
}
