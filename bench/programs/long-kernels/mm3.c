/* mm3, 45 times: at least five seconds. */
#define REPEAT 45
#include "../kernels/mm3.c"
