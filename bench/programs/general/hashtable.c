/* A hash table with open addressing and 64-bit keys: insertions, look-ups, deletions, growth. */
#include <stdlib.h>
#include "../bench.h"

struct entry {
  uint64_t key; /* 0: free, 1: deleted */
  uint64_t value;
};
static struct entry *entries;
static size_t capacity, used;

static inline uint64_t hash(uint64_t key) {
  key ^= key >> 33;
  key *= 0xff51afd7ed558ccdull;
  key ^= key >> 33;
  key *= 0xc4ceb9fe1a85ec53ull;
  return key ^ key >> 33;
}

static NOINLINE struct entry *find(uint64_t key) {
  for (size_t at = hash(key) & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
    if (entries[at].key == key) return &entries[at];
    if (entries[at].key == 0) return NULL;
  }
}

static NOINLINE void insert(uint64_t key, uint64_t value);

static NOINLINE void grow(void) {
  struct entry *old = entries;
  size_t old_capacity = capacity;
  capacity *= 2;
  used = 0;
  entries = calloc(capacity, sizeof *entries);
  for (size_t i = 0; i < old_capacity; i++)
    if (old[i].key > 1) insert(old[i].key, old[i].value);
  free(old);
}

static NOINLINE void insert(uint64_t key, uint64_t value) {
  struct entry *entry = find(key);
  if (entry) {
    entry->value += value;
    return;
  }
  if (used * 4 >= capacity * 3) grow();
  size_t at = hash(key) & (capacity - 1);
  while (entries[at].key > 1) at = (at + 1) & (capacity - 1);
  if (entries[at].key == 0) used++;
  entries[at].key = key;
  entries[at].value = value;
}

int main(void) {
  title("hashtable 5000000 operations");
  capacity = 1024;
  entries = calloc(capacity, sizeof *entries);
  start_clock();
  uint64_t found = 0, removed = 0, sum = 0;
  for (int i = 0; i < 5000000; i++) {
    uint32_t choice = random_u32();
    uint64_t key = (uint64_t)(random_u32() % 200000) * 0x9e3779b97f4a7c15ull + 2;
    if (choice % 8 < 4) {
      insert(key, choice);
    } else if (choice % 8 < 7) {
      struct entry *entry = find(key);
      if (entry) found++, sum += entry->value;
    } else {
      struct entry *entry = find(key);
      if (entry) removed++, entry->key = 1;
    }
  }
  stop_clock();
  mix(found), mix(removed), mix(sum), mix(used);
  return report();
}
