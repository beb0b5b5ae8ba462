/* sudoku for about ten seconds. */
#define REPEAT 80
#define SLICES 20
#include "../general/sudoku.c"
