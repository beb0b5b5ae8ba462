/* jacobi2d, 35 times: at least five seconds. */
#define REPEAT 35
#include "../kernels/jacobi2d.c"
