/* lu, 65 times: at least five seconds. */
#define REPEAT 65
#include "../kernels/lu.c"
