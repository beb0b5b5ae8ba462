/* Exact cover by dancing links: sudokus with few givens, and pentomino-like tilings of a strip. */
#include "../bench.h"

#ifndef ROUNDS
#define ROUNDS 30
#endif

struct cell {
  struct cell *left, *right, *up, *down;
  int column, row;
};
enum { COLUMNS = 324, CELLS = COLUMNS + 1 + 729 * 4 };
static struct cell cells[CELLS];
static int sizes[COLUMNS + 1], used;
static uint32_t visited;
static int solution[81];

static void cover(int c) {
  struct cell *head = &cells[c];
  head->right->left = head->left, head->left->right = head->right;
  for (struct cell *i = head->down; i != head; i = i->down)
    for (struct cell *j = i->right; j != i; j = j->right) {
      j->down->up = j->up, j->up->down = j->down;
      sizes[j->column]--;
    }
}

static void uncover(int c) {
  struct cell *head = &cells[c];
  for (struct cell *i = head->up; i != head; i = i->up)
    for (struct cell *j = i->left; j != i; j = j->left) {
      sizes[j->column]++;
      j->down->up = j->up->down = j;
    }
  head->right->left = head->left->right = head;
}

static NOINLINE int search(int depth, int *wanted) {
  visited++;
  if (cells[0].right == &cells[0]) return --*wanted == 0;
  int best = 0;
  for (struct cell *c = cells[0].right; c != &cells[0]; c = c->right)
    if (!best || sizes[c->column] < sizes[best]) best = c->column;
  if (sizes[best] == 0) return 0;
  cover(best);
  for (struct cell *r = cells[best].down; r != &cells[best]; r = r->down) {
    solution[depth] = r->row;
    for (struct cell *j = r->right; j != r; j = j->right) cover(j->column);
    int done = search(depth + 1, wanted);
    for (struct cell *j = r->left; j != r; j = j->left) uncover(j->column);
    if (done) {
      uncover(best);
      return 1;
    }
  }
  uncover(best);
  return 0;
}

static void set_up(const char *givens) {
  for (int i = 0; i <= COLUMNS; i++) {
    cells[i].left = &cells[i ? i - 1 : COLUMNS];
    cells[i].right = &cells[i < COLUMNS ? i + 1 : 0];
    cells[i].up = cells[i].down = &cells[i];
    cells[i].column = i;
    sizes[i] = 0;
  }
  used = COLUMNS + 1;
  for (int place = 0; place < 81; place++)
    for (int digit = 0; digit < 9; digit++) {
      if (givens[place] != '.' && givens[place] != '1' + digit) continue;
      int y = place / 9, x = place % 9, box = y / 3 * 3 + x / 3;
      int columns[4] = {place, 81 + y * 9 + digit, 162 + x * 9 + digit, 243 + box * 9 + digit};
      for (int i = 0; i < 4; i++) {
        struct cell *c = &cells[used + i], *head = &cells[columns[i] + 1];
        c->column = columns[i] + 1, c->row = place * 9 + digit;
        c->up = head->up, c->down = head;
        head->up->down = c, head->up = c;
        c->left = &cells[used + (i + 3) % 4], c->right = &cells[used + (i + 1) % 4];
        sizes[c->column]++;
      }
      used += 4;
    }
}

int main(void) {
  title("sudoku by dancing links");
  static const char *const puzzles[] = {
      "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..",
      "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9",
      "1....7.9..3..2...8..96..5....53..9...1..8...26....4...3......1..4......7..7...3..",
      ".................................................................................",
  };
  start_clock();
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < 4; i++) {
      set_up(puzzles[i]);
      int wanted = i == 3 ? 2500 : 2;
      search(0, &wanted);
      mix(visited);
      mix((uint64_t)wanted);
      for (int k = 0; k < 81; k++) mix((uint64_t)solution[k]);
    }
  stop_clock();
  return report();
}
