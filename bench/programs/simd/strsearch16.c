/* Counts words in a text: 16 places at a time where the first and the last character agree, then the rest. */
#include "../bench.h"
#include "simd.h"

enum { LENGTH = 1 << 18, ROUNDS = 1000 };

static char text[LENGTH + 64];

static NOINLINE uint32_t count(const char *word, size_t length) {
  const u8x16 first = splat_u8((uint8_t)word[0]), last = splat_u8((uint8_t)word[length - 1]);
  uint32_t found = 0;
  for (size_t n = 0; n < LENGTH; n += 16) {
    const u8x16 a = (u8x16)(load_u8x16(text + n) == first);
    const u8x16 b = (u8x16)(load_u8x16(text + n + length - 1) == last);
    for (uint32_t bits = top_bits(a & b); bits != 0; bits &= bits - 1) {
      const char *at = text + n + __builtin_ctz(bits);
      size_t k = 1;
      while (k + 1 < length && at[k] == word[k]) k++;
      found += k + 1 >= length;
    }
  }
  return found;
}

/* Letters without regard to case, and lines. */
static NOINLINE uint32_t letters_and_lines(void) {
  uint32_t letters = 0, lines = 0;
  for (size_t n = 0; n < LENGTH; n += 16) {
    const u8x16 c = load_u8x16(text + n);
    letters += (uint32_t)__builtin_popcount(top_bits((u8x16)((c | 0x20) - 'a' < 26)));
    lines += (uint32_t)__builtin_popcount(top_bits((u8x16)(c == '\n')));
  }
  return letters * 31 + lines;
}

int main(void) {
  title("strsearch16: 1000 times 256 KiB");
  static const char *const words[] = {"the", "lane", "vector", "shuffle", "saturate", "needle in a haystack"};
  for (size_t n = 0; n < LENGTH;) {
    const char *word = words[random_u32() % 6];
    const size_t length = strlen(word) - random_u32() % 3;
    for (size_t k = 0; k < length && n < LENGTH; k++) text[n++] = word[k];
    if (n < LENGTH) text[n++] = random_u32() % 9 == 0 ? '\n' : ' ';
  }
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int k = 0; k < 6; k++) mix(count(words[k], strlen(words[k])));
    mix(letters_and_lines());
    text[(round * 7919) % LENGTH] = 'e';
  }
  stop_clock();
  return report();
}
