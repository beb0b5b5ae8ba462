/*
 * Finds what structures a JSON text: braces, brackets, colons and commas outside of strings, and the quotes.
 * 64 bytes at a time become bits: those of characters by tables, those of strings by arithmetic.
 */
#include "../bench.h"
#include "simd.h"

enum { LENGTH = 1 << 18, ROUNDS = 4000 };

static char text[LENGTH];
static uint32_t places[LENGTH];

INLINE uint64_t bits_of(u8x16 a, u8x16 b, u8x16 c, u8x16 d) {
  return (uint64_t)top_bits(a) | (uint64_t)top_bits(b) << 16 | (uint64_t)top_bits(c) << 32 |
         (uint64_t)top_bits(d) << 48;
}

/* Each bit is the parity of those up to it. */
INLINE uint64_t parities(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

INLINE u8x16 is_operator(u8x16 c) {
  // A character is one if both of its nibbles allow the same kind: , : or brackets.
  const u8x16 low = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 1, 4, 0, 0};
  const u8x16 high = {0, 0, 1, 2, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0};
  return (u8x16)((table_lookup(low, c & 15) & table_lookup(high, c >> 4)) != 0);
}

static NOINLINE size_t scan(uint32_t *out) {
  uint32_t *at = out;
  uint64_t escape_carry = 0, string_carry = 0;
  for (uint32_t n = 0; n < LENGTH; n += 64) {
    const u8x16 a = load_u8x16(text + n), b = load_u8x16(text + n + 16);
    const u8x16 c = load_u8x16(text + n + 32), d = load_u8x16(text + n + 48);
    const uint64_t backslashes =
        bits_of((u8x16)(a == '\\'), (u8x16)(b == '\\'), (u8x16)(c == '\\'), (u8x16)(d == '\\'));
    uint64_t quotes = bits_of((u8x16)(a == '"'), (u8x16)(b == '"'), (u8x16)(c == '"'), (u8x16)(d == '"'));
    const uint64_t operators = bits_of(is_operator(a), is_operator(b), is_operator(c), is_operator(d));
    // Characters after an odd number of backslashes are escaped.
    uint64_t escaped = escape_carry;
    if (backslashes == 0) escape_carry = 0;
    else {
      const uint64_t even = 0x5555555555555555;
      const uint64_t lone = backslashes & ~escape_carry;
      const uint64_t follows = lone << 1 | escape_carry;
      const uint64_t odd_starts = lone & ~even & ~follows;
      const uint64_t sum = odd_starts + lone;
      escape_carry = sum < lone;
      escaped = (even ^ sum << 1) & follows;
    }
    quotes &= ~escaped;
    const uint64_t strings = parities(quotes) ^ string_carry;
    string_carry = (uint64_t)((int64_t)strings >> 63);
    for (uint64_t found = (operators & ~strings) | quotes; found != 0; found &= found - 1)
      *at++ = n + (uint32_t)__builtin_ctzll(found);
  }
  return (size_t)(at - out);
}

static size_t put(size_t n, const char *part) {
  const size_t length = strlen(part);
  if (n + length > LENGTH - 1) return LENGTH;
  memcpy(text + n, part, length);
  return n + length;
}

static void fill(void) {
  static const char *const parts[] = {"{\"id\": ",
                                      "12345",
                                      ", \"name\": \"",
                                      "some words and \\\"quoted\\\" ones",
                                      "\", \"tags\": [",
                                      "\"a\", \"bc\", \"back\\\\\"",
                                      "], ",
                                      "\"none\": null}",
                                      ",\n  ",
                                      "[1.5e3, true, false, -17],",
                                      "\"[{,:]}\": \"\\\\\\\"\"",
                                      "              "};
  memset(text, ' ', LENGTH);
  size_t n = 0;
  for (uint32_t k = 0; n < LENGTH; k = random_u32() % 3 == 0 ? random_u32() : k + 1)
    n = put(n, parts[k % (sizeof parts / sizeof parts[0])]);
}

int main(void) {
  title("jsonscan: 4000 times 256 KiB");
  fill();
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    const size_t count = scan(places);
    mix(count);
    mix(places[(size_t)round * 13 % count]);
    text[round * 509 % LENGTH] ^= 1;
  }
  stop_clock();
  return report();
}
