/* gramschmidt, 30 times: at least five seconds. */
#define REPEAT 30
#include "../kernels/gramschmidt.c"
