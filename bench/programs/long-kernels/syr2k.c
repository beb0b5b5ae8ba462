/* syr2k, 45 times: at least five seconds. */
#define REPEAT 45
#include "../kernels/syr2k.c"
