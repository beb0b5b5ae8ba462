/* The layer of doti8 with relaxed dot products. All results are exact: pairs of products stay below 32768. */
#include "simd.h"

#define DOT "doti8-relaxed"
INLINE i32x4 dot_add(i8x16 a, i8x16 b, i32x4 sums) { return dot_add_i8(a, b, sums); }

#include "doti8.c"
