/* Pancake flips of all permutations of ten. */
#include "../bench.h"

enum { N = 10 };

int main(void) {
  title("fannkuch 10");
  start_clock();
  int p[N], q[N], count[N], most = 0, checksum = 0, r = N, index = 0;
  for (int i = 0; i < N; i++) p[i] = i;
  for (;;) {
    for (; r > 1; r--) count[r - 1] = r;
    if (p[0]) {
      for (int i = 1; i < N; i++) q[i] = p[i];
      int first = p[0], flips = 1;
      for (; q[first]; flips++) {
        int next = q[first];
        q[first] = first;
        for (int i = 1, j = first - 1; i < j; i++, j--) {
          int swap = q[i];
          q[i] = q[j], q[j] = swap;
        }
        first = next;
      }
      if (flips > most) most = flips;
      checksum += index & 1 ? -flips : flips;
    }
    for (;; r++) {
      if (r == N) goto done;
      int first = p[0];
      for (int i = 0; i < r; i++) p[i] = p[i + 1];
      p[r] = first;
      if (--count[r] > 0) break;
    }
    index++;
  }
done:
  stop_clock();
  mix((uint64_t)most);
  mix((uint64_t)checksum);
  return report();
}
