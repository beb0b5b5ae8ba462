/* doitgen, 50 times: at least five seconds. */
#define REPEAT 50
#include "../kernels/doitgen.c"
