/* knapsack, 70 times: at least five seconds. */
#define REPEAT 70
#include "../kernels/knapsack.c"
