/*
 * Big integers: digits of pi by Machin's formula, a large factorial, both with 64-bit division and carries.
 */
#include "../bench.h"

enum { LIMBS = 1200, FACTORIAL = 1500 };
static uint32_t pi[LIMBS], term[LIMBS], power[LIMBS], factorial[600];

static void divide(uint32_t *a, uint32_t by) {
  uint64_t rest = 0;
  for (int i = 0; i < LIMBS; i++) {
    rest = rest * 1000000000 + a[i];
    a[i] = (uint32_t)(rest / by);
    rest %= by;
  }
}

static void add(uint32_t *a, const uint32_t *b) {
  uint32_t carry = 0;
  for (int i = LIMBS - 1; i >= 0; i--) {
    a[i] += b[i] + carry;
    carry = a[i] >= 1000000000;
    if (carry) a[i] -= 1000000000;
  }
}

static void subtract(uint32_t *a, const uint32_t *b) {
  uint32_t borrow = 0;
  for (int i = LIMBS - 1; i >= 0; i--) {
    uint32_t take = b[i] + borrow;
    borrow = a[i] < take;
    a[i] = a[i] - take + (borrow ? 1000000000 : 0);
  }
}

/* Adds or takes away multiple * arctan(1 / x). */
static NOINLINE void arctangent(uint32_t multiple, uint32_t x, int negative) {
  memset(power, 0, sizeof power);
  power[0] = multiple;
  divide(power, x);
  for (uint32_t n = 1;; n += 2) {
    memcpy(term, power, sizeof term);
    divide(term, n);
    int zero = 1;
    for (int i = 0; i < LIMBS && zero; i++) zero = term[i] == 0;
    if (zero) return;
    if ((n & 2) != 0 ? !negative : negative) subtract(pi, term);
    else add(pi, term);
    divide(power, x * x);
  }
}

int main(void) {
  title("pidigits 10800 digits, factorial of 1500");
  start_clock();
  arctangent(16, 5, 0);
  arctangent(4, 239, 1);
  mix_bytes(pi, sizeof pi - 8);
  for (int round = 0; round < 60; round++) {
    int length = 1;
    factorial[0] = 1;
    for (uint32_t n = 2; n <= FACTORIAL; n++) {
      uint64_t carry = 0;
      for (int i = 0; i < length; i++) {
        carry += (uint64_t)factorial[i] * n;
        factorial[i] = (uint32_t)carry;
        carry >>= 32;
      }
      if (carry) factorial[length++] = (uint32_t)carry;
    }
    mix_bytes(factorial, (size_t)length * 4);
  }
  stop_clock();
  return report();
}
