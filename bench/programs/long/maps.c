/* Hash tables with strings and with numbers as keys, that grow and shrink. */
#include <stdlib.h>
#define REPEAT 20
#define SLICES 20
#include "../bench.h"

struct map {
  struct item { uint32_t hash, key, length, value; } *items; /* linear probing; hash 0 is free, 1 was removed */
  uint32_t capacity, used, live;
};
static char text[1 << 20];
static uint32_t text_used;

static NOINLINE uint32_t hash_of(const char *key, uint32_t length) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)key[i]) * 16777619u;
  hash ^= hash >> 15;
  return hash < 2 ? hash + 2 : hash;
}

static NOINLINE int same(const struct item *item, const char *key, uint32_t length) {
  return item->length == length && memcmp(text + item->key, key, length) == 0;
}

static NOINLINE struct item *find(const struct map *map, uint32_t hash, const char *key, uint32_t length) {
  for (uint32_t at = hash & (map->capacity - 1);; at = (at + 1) & (map->capacity - 1)) {
    struct item *item = &map->items[at];
    if (item->hash == 0) return NULL;
    if (item->hash == hash && same(item, key, length)) return item;
  }
}

static NOINLINE void place(struct map *map, struct item item) {
  uint32_t at = item.hash & (map->capacity - 1);
  while (map->items[at].hash != 0) at = (at + 1) & (map->capacity - 1);
  map->items[at] = item;
  map->used++;
}

static NOINLINE void resize(struct map *map, uint32_t capacity) {
  struct map resized = {.items = calloc(capacity, sizeof *map->items), .capacity = capacity, .live = map->live};
  for (uint32_t i = 0; i < map->capacity; i++)
    if (map->items[i].hash > 1) place(&resized, map->items[i]);
  (free)(map->items);
  *map = resized;
}

static NOINLINE uint32_t add(struct map *map, const char *key, uint32_t length, uint32_t value) {
  uint32_t hash = hash_of(key, length);
  struct item *item = find(map, hash, key, length);
  if (item) return item->value += value;
  if (4 * (map->used + 1) > 3 * map->capacity) resize(map, 2 * map->live >= map->capacity ? 2 * map->capacity : map->capacity);
  place(map, (struct item){hash, text_used, length, value});
  map->live++;
  memcpy(text + text_used, key, length);
  text_used += length;
  return value;
}

static NOINLINE int drop(struct map *map, const char *key, uint32_t length) {
  struct item *item = find(map, hash_of(key, length), key, length);
  if (!item) return 0;
  item->hash = 1;
  map->live--;
  return 1;
}

static NOINLINE uint32_t make_key(char *key, uint32_t n) {
  static const char *const parts[] = {"al", "ber", "con", "dra", "el", "fo", "gur", "hin", "is", "jo", "kla", "lum", "min", "no", "os", "pel"};
  uint32_t length = 0;
  do
    for (const char *part = parts[n & 15]; *part;) key[length++] = *part++;
  while ((n >>= 4) > 0);
  return length;
}

static NOINLINE uint64_t work(void) {
  struct map map = {.items = calloc(64, sizeof *map.items), .capacity = 64};
  text_used = 0;
  uint64_t sum = 0;
  char key[64];
  for (int i = 0; i < 20000; i++) {
    uint32_t choice = random_u32() & 7;
    uint32_t length = make_key(key, random_u32() & 0xfff);
    if (choice < 4) sum += add(&map, key, length, choice);
    else if (choice < 7) sum += find(&map, hash_of(key, length), key, length) != NULL;
    else sum += 3 * (uint64_t)drop(&map, key, length);
  }
  sum = sum * 31 + map.live;
  (free)(map.items);
  return sum;
}

int main(void) {
  title("maps of strings");
  start_clock();
  for (int i = 0; i < 350; i++) mix(work());
  stop_clock();
  return report();
}
