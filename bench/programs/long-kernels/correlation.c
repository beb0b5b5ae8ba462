/* correlation, 30 times: at least five seconds. */
#define REPEAT 30
#include "../kernels/correlation.c"
