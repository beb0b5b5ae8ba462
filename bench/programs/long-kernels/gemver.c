/* gemver, 40 times: at least five seconds. */
#define REPEAT 40
#include "../kernels/gemver.c"
