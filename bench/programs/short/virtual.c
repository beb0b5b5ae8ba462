/* virtual for about 50 milliseconds. */
#define ROUNDS 6
#include "../general/virtual.c"
