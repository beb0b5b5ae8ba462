/* nussinov, 95 times: at least five seconds. */
#define REPEAT 95
#include "../kernels/nussinov.c"
