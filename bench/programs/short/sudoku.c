/* sudoku for about 50 milliseconds. */
#define ROUNDS 10
#include "../general/sudoku.c"
