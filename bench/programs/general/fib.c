/* Plain recursion: Fibonacci numbers, and Ackermann's and Takeuchi's functions. */
#include "../bench.h"

static NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static NOINLINE int ackermann(int m, int n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE int takeuchi(int x, int y, int z) {
  if (y >= x) return z;
  return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(void) {
  title("fib 38, ackermann(3, 9), takeuchi(18, 12, 6)");
  volatile int zero = 0;
  start_clock();
  mix(fib(38 + (uint32_t)zero));
  mix((uint64_t)ackermann(3, 9 + zero));
  for (int i = 0; i < 40; i++) mix((uint64_t)takeuchi(18 + zero, 12, 6));
  stop_clock();
  return report();
}
