/* gemm, 60 times: at least five seconds. */
#define REPEAT 60
#include "../kernels/gemm.c"
