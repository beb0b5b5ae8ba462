/* Merge sort of records through a comparison function pointer, by several keys; then binary searches. */
#include <stdlib.h>
#include "../bench.h"

struct record {
  uint32_t id;
  uint16_t group;
  int16_t rank;
  double score;
};
typedef int compare(const struct record *, const struct record *);
enum { COUNT = 200000 };

static int by_id(const struct record *a, const struct record *b) { return a->id < b->id ? -1 : a->id > b->id; }
static int by_score(const struct record *a, const struct record *b) {
  return a->score < b->score ? -1 : a->score > b->score;
}
static int by_group(const struct record *a, const struct record *b) {
  if (a->group != b->group) return a->group - b->group;
  return a->rank - b->rank;
}

static NOINLINE void merge_sort(struct record *items, struct record *spare, size_t count, compare *order) {
  if (count < 2) return;
  size_t half = count / 2;
  merge_sort(items, spare, half, order);
  merge_sort(items + half, spare, count - half, order);
  memcpy(spare, items, half * sizeof *items);
  size_t left = 0, right = half, to = 0;
  while (left < half && right < count)
    items[to++] = order(&items[right], &spare[left]) < 0 ? items[right++] : spare[left++];
  while (left < half) items[to++] = spare[left++];
}

static NOINLINE size_t lower_bound(const struct record *items, size_t count, const struct record *key, compare *order) {
  size_t low = 0;
  while (count > 0) {
    size_t half = count / 2;
    if (order(&items[low + half], key) < 0) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

int main(void) {
  title("mergesort 200000 records, 6 sorts");
  static compare *const orders[] = {by_score, by_group, by_id};
  struct record *items = malloc(COUNT * sizeof *items), *spare = malloc(COUNT * sizeof *spare);
  for (int i = 0; i < COUNT; i++) {
    items[i].id = random_u32();
    items[i].group = (uint16_t)(random_u32() % 100);
    items[i].rank = (int16_t)random_u32();
    items[i].score = random_double();
  }
  start_clock();
  for (int round = 0; round < 6; round++) {
    compare *order = orders[round % 3];
    merge_sort(items, spare, COUNT, order);
    for (int i = 0; i < 100000; i++) {
      struct record key = {random_u32(), (uint16_t)(i % 100), (int16_t)i, random_double()};
      mix(lower_bound(items, COUNT, &key, order));
    }
  }
  stop_clock();
  return report();
}
