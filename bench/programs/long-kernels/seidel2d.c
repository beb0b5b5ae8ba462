/* seidel2d, 55 times: at least five seconds. */
#define REPEAT 55
#include "../kernels/seidel2d.c"
