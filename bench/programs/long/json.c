/* json for about ten seconds. */
#define REPEAT 60
#define SLICES 20
#include "../general/json.c"
