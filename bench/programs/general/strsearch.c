/*
 * Searches of many words in a text by four methods: byte by byte, Horspool, Knuth-Morris-Pratt, rolling hash.
 */
#include "../bench.h"

enum { SIZE = 300000, WORDS = 60 };
static char text[SIZE + 1];

static NOINLINE int naive(const char *t, int n, const char *p, int m) {
  int count = 0;
  for (int i = 0; i + m <= n; i++) {
    int j = 0;
    while (j < m && t[i + j] == p[j]) j++;
    count += j == m;
  }
  return count;
}

static NOINLINE int horspool(const char *t, int n, const char *p, int m) {
  int shift[256], count = 0;
  for (int i = 0; i < 256; i++) shift[i] = m;
  for (int i = 0; i < m - 1; i++) shift[(uint8_t)p[i]] = m - 1 - i;
  for (int i = 0; i + m <= n; i += shift[(uint8_t)t[i + m - 1]]) count += memcmp(t + i, p, (size_t)m) == 0;
  return count;
}

static NOINLINE int knuth_morris_pratt(const char *t, int n, const char *p, int m) {
  int fail[64], count = 0;
  fail[0] = 0;
  for (int i = 1, k = 0; i < m; i++) {
    while (k > 0 && p[i] != p[k]) k = fail[k - 1];
    if (p[i] == p[k]) k++;
    fail[i] = k;
  }
  for (int i = 0, k = 0; i < n; i++) {
    while (k > 0 && t[i] != p[k]) k = fail[k - 1];
    if (t[i] == p[k]) k++;
    if (k == m) count++, k = fail[k - 1];
  }
  return count;
}

static NOINLINE int rolling(const char *t, int n, const char *p, int m) {
  uint32_t wanted = 0, hash = 0, power = 1;
  int count = 0;
  for (int i = 0; i < m; i++) {
    wanted = wanted * 257 + (uint8_t)p[i];
    hash = hash * 257 + (uint8_t)t[i];
    if (i) power *= 257;
  }
  for (int i = 0;; i++) {
    if (hash == wanted && memcmp(t + i, p, (size_t)m) == 0) count++;
    if (i + m >= n) return count;
    hash = (hash - (uint8_t)t[i] * power) * 257 + (uint8_t)t[i + m];
  }
}

int main(void) {
  title("strsearch 300000 bytes, 60 words");
  for (int i = 0; i < SIZE; i++) text[i] = (char)("etaoin shrdlu"[random_u32() % 13]);
  start_clock();
  for (int word = 0; word < WORDS; word++) {
    int length = 3 + word % 12;
    const char *pattern = text + random_u32() % (SIZE - 64);
    mix((uint64_t)naive(text, SIZE, pattern, length));
    mix((uint64_t)horspool(text, SIZE, pattern, length));
    mix((uint64_t)knuth_morris_pratt(text, SIZE, pattern, length));
    mix((uint64_t)rolling(text, SIZE, pattern, length));
  }
  stop_clock();
  return report();
}
