/* heat3d, 45 times: at least five seconds. */
#define REPEAT 45
#include "../kernels/heat3d.c"
