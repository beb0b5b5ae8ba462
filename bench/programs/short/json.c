/* json for about 50 milliseconds. */
#define ROUNDS 6
#include "../general/json.c"
