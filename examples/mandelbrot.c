/* Draws the Mandelbrot set with characters. Arguments: columns (default 78), iterations (default 1000). */
#include <stdio.h>
#include <stdlib.h>

static int iterations(double cx, double cy, int limit) {
  double x = 0, y = 0;
  int n = 0;
  while (n < limit && x * x + y * y <= 4) {
    double next = x * x - y * y + cx;
    y = 2 * x * y + cy;
    x = next;
    n++;
  }
  return n;
}

int main(int argc, char **argv) {
  int columns = argc > 1 ? atoi(argv[1]) : 78;
  int limit = argc > 2 ? atoi(argv[2]) : 1000;
  if (columns < 1 || limit < 1) {
    fprintf(stderr, "usage: mandelbrot [columns] [iterations]\n");
    return 2;
  }
  static const char shades[] = " .:-=+*%@";
  int rows = columns * 3 / 8;
  long inside = 0;
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      int n = iterations(-2.2 + 3.2 * column / columns, -1.2 + 2.4 * row / rows, limit);
      inside += n == limit;
      putchar(n == limit ? '#' : shades[n % 9]);
    }
    putchar('\n');
  }
  printf("%ld of %ld points inside\n", inside, (long)rows * columns);
  return 0;
}
