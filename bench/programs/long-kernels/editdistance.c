/* editdistance, 55 times: at least five seconds. */
#define REPEAT 55
#include "../kernels/editdistance.c"
