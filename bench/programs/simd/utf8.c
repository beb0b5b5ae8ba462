/*
 * Validates UTF-8 by tables: three nibbles of two neighbours say together which rules the pair may break, and
 * a comparison with the third and fourth byte before says where continuations are due.
 */
#include "../bench.h"
#include "simd.h"

enum { LENGTH = 1 << 16, TEXTS = 4, ROUNDS = 4500 };

/* Rules that a pair of bytes may break: a bit each. */
enum {
  TOO_SHORT = 1 << 0,  /* a leading byte without continuation */
  TOO_LONG = 1 << 1,   /* ASCII, and a continuation */
  OVERLONG_3 = 1 << 2, /* E0 80…9F */
  TOO_LARGE = 1 << 3,  /* F4 90… and above */
  SURROGATE = 1 << 4,  /* ED A0…BF */
  OVERLONG_2 = 1 << 5, /* C0, C1 */
  OVERLONG_4 = 1 << 6, /* F0 80…8F, and F5… with 80…8F */
  TWO_CONTINUATIONS = 1 << 7,
  CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
};

static uint8_t texts[TEXTS][LENGTH];
static const char *const characters[] = {"a",
                                         "e",
                                         " ",
                                         "\xc3\xa9",
                                         "\xd0\x96",
                                         "\xe2\x82\xac",
                                         "\xed\x9f\xbf",
                                         "\xe4\xb8\xad",
                                         "\xf0\x9f\x98\x80",
                                         "\xf4\x8f\xbf\xbf"};

INLINE u8x16 broken_rules(u8x16 input, u8x16 before) {
  const u8x16 first_high = {
      TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
      TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
      TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
      TOO_SHORT | TOO_LARGE | OVERLONG_4};
  const u8x16 first_low = {
      CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY, CARRY, CARRY | TOO_LARGE,
      CARRY | TOO_LARGE | OVERLONG_4, CARRY | TOO_LARGE | OVERLONG_4, CARRY | TOO_LARGE | OVERLONG_4,
      CARRY | TOO_LARGE | OVERLONG_4, CARRY | TOO_LARGE | OVERLONG_4, CARRY | TOO_LARGE | OVERLONG_4,
      CARRY | TOO_LARGE | OVERLONG_4, CARRY | TOO_LARGE | OVERLONG_4,
      CARRY | TOO_LARGE | OVERLONG_4 | SURROGATE, CARRY | TOO_LARGE | OVERLONG_4,
      CARRY | TOO_LARGE | OVERLONG_4};
  const u8x16 second_high = {
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | OVERLONG_4,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
      TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT};
  const u8x16 one =
      __builtin_shufflevector(before, input, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const u8x16 two =
      __builtin_shufflevector(before, input, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const u8x16 three =
      __builtin_shufflevector(before, input, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const u8x16 pair = table_lookup(first_high, one >> 4) & table_lookup(first_low, one & 15) &
                     table_lookup(second_high, input >> 4);
  // The top bit where the second or third continuation of a character is due.
  const u8x16 due = sub_sat_u8(two, splat_u8(0xe0 - 0x80)) | sub_sat_u8(three, splat_u8(0xf0 - 0x80));
  return pair ^ (due & 0x80);
}

static NOINLINE int is_valid(const uint8_t *text) {
  const u8x16 limits = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xef, 0xdf, 0xbf};
  u8x16 broken = {0}, before = {0}, unfinished = {0};
  for (size_t n = 0; n < LENGTH; n += 16) {
    const u8x16 input = load_u8x16(text + n);
    if (top_bits(input) == 0) broken |= unfinished;
    else {
      broken |= broken_rules(input, before);
      unfinished = sub_sat_u8(input, limits);
    }
    before = input;
  }
  return !any_bit(broken | unfinished);
}

static void fill(uint8_t *text, uint32_t kinds) {
  size_t n = 0;
  while (n < LENGTH) {
    // Words of one kind, as texts have them.
    const char *c = characters[random_u32() % kinds];
    const size_t length = strlen(c);
    for (uint32_t k = random_u32() % 24; k > 0 && n + length <= LENGTH; k--, n += length)
      memcpy(text + n, c, length);
    if (n + length > LENGTH) text[n++] = '.';
  }
}

int main(void) {
  title("utf8: 4500 times 4 texts of 64 KiB");
  for (int t = 0; t < TEXTS; t++) fill(texts[t], (uint32_t[]){3, 5, 8, 10}[t]);
  start_clock();
  for (int round = 0; round < ROUNDS; round++)
    for (int t = 0; t < TEXTS; t++) {
      uint8_t *byte = &texts[t][(uint32_t)(round * 7919 + t * 271) % LENGTH];
      const uint8_t was = *byte;
      // Some texts are wrong.
      if (round % 4 == t) *byte = (uint8_t)(was ^ 0xa5);
      mix((uint64_t)is_valid(texts[t]));
      *byte = was;
    }
  stop_clock();
  return report();
}
