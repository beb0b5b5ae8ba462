/* A text pipeline: words are split, folded to lower case, stripped of suffixes, counted in a hash table with
 * chains, sorted by frequency with qsort, and printed into a report. */
#include <stdio.h>
#include <stdlib.h>
#include <ctype.h>
#include "../bench.h"

struct word {
  struct word *next;
  uint32_t hash, count, length;
  char text[];
};
enum { BUCKETS = 4096, SIZE = 1500000 };
static struct word *buckets[BUCKETS];
static char *text;
static uint32_t distinct;

static void make_text(void) {
  static const char *const stems[] = {"walk", "run", "compil", "load", "stor", "branch", "call", "return", "valid",
                                      "trap", "memor", "tabl", "glob", "export", "import", "type", "Val", "Func"};
  static const char *const endings[] = {"", "s", "ed", "ing", "er", "ation", "es", "ly", "able", "al"};
  char *to = text, *end = text + SIZE - 32;
  while (to < end) {
    const char *stem = stems[random_u32() % 18], *ending = endings[random_u32() % 10];
    while (*stem) *to++ = *stem++;
    if (random_u32() % 4 == 0) *to++ = (char)('a' + random_u32() % 26);
    while (*ending) *to++ = *ending++;
    uint32_t choice = random_u32() % 16;
    if (choice < 12) *to++ = ' ';
    else if (choice < 14) *to++ = ',', *to++ = ' ';
    else if (choice == 14) *to++ = '.', *to++ = '\n';
    else *to++ = ' ', *to++ = (char)('0' + random_u32() % 10), *to++ = ' ';
  }
  *to = 0;
}

static size_t strip(char *word, size_t length) {
  static const char *const suffixes[] = {"ation", "able", "ing", "ed", "es", "er", "ly", "al", "s"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    size_t n = strlen(suffixes[i]);
    if (length > n + 2 && strcmp(word + length - n, suffixes[i]) == 0) {
      word[length - n] = 0;
      return length - n;
    }
  }
  return length;
}

static void add(const char *word, size_t length) {
  uint32_t hash = 5381;
  for (size_t i = 0; i < length; i++) hash = hash * 33 ^ (uint8_t)word[i];
  struct word **link = &buckets[hash % BUCKETS];
  for (; *link; link = &(*link)->next)
    if ((*link)->hash == hash && (*link)->length == length && memcmp((*link)->text, word, length) == 0) {
      (*link)->count++;
      return;
    }
  struct word *made = malloc(sizeof *made + length + 1);
  made->next = NULL;
  made->hash = hash;
  made->count = 1;
  made->length = (uint32_t)length;
  memcpy(made->text, word, length + 1);
  *link = made;
  distinct++;
}

static int by_count(const void *a, const void *b) {
  const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->text, y->text);
}

int main(void) {
  title("textpipe 1.5 MB, 16 rounds");
  text = malloc(SIZE + 64);
  make_text();
  char *lines = malloc(1 << 20);
  start_clock();
  for (int round = 0; round < 16; round++) {
    distinct = 0;
    char word[64];
    size_t length = 0;
    for (const char *p = text;; p++) {
      if (isalpha((unsigned char)*p) && length < sizeof word - 1) {
        word[length++] = (char)tolower((unsigned char)*p);
      } else if (length > 0) {
        word[length] = 0;
        add(word, strip(word, length));
        length = 0;
      }
      if (*p == 0) break;
    }
    struct word **sorted = malloc(distinct * sizeof *sorted);
    uint32_t n = 0;
    for (int i = 0; i < BUCKETS; i++)
      for (struct word *w = buckets[i]; w; w = w->next) sorted[n++] = w;
    qsort(sorted, n, sizeof *sorted, by_count);
    char *to = lines;
    for (uint32_t i = 0; i < n; i++) to += sprintf(to, "%5u %-12s %08x\n", sorted[i]->count, sorted[i]->text, sorted[i]->hash);
    mix_bytes(lines, (size_t)(to - lines));
    for (uint32_t i = 0; i < n; i++) free(sorted[i]);
    free(sorted);
    memset(buckets, 0, sizeof buckets);
    text[random_u32() % 1000000] = 'q';
  }
  stop_clock();
  return report();
}
