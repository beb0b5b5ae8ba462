/* fdtd2d, 45 times: at least five seconds. */
#define REPEAT 45
#include "../kernels/fdtd2d.c"
