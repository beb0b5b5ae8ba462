/*
 * Vectors of 16 bytes for the programs of this folder, which are built for wasm and natively. Arithmetic,
 * comparisons and shuffles are those of the compiler's own vectors: `a + b`, `a < b` (all ones where true),
 * `__builtin_shufflevector`, `__builtin_convertvector`. What has no such form is here: by intrinsics of wasm,
 * or by those of SSE4.1 and SSSE3 that do the same.
 */
#ifndef SIMD_H
#define SIMD_H

#include <stdint.h>
#include <string.h>

#ifdef __wasm__
#include <wasm_simd128.h>
#else
#include <immintrin.h>
#endif

#define VECTOR __attribute__((vector_size(16)))
typedef int8_t i8x16 VECTOR;
typedef uint8_t u8x16 VECTOR;
typedef int16_t i16x8 VECTOR;
typedef uint16_t u16x8 VECTOR;
typedef int32_t i32x4 VECTOR;
typedef uint32_t u32x4 VECTOR;
typedef int64_t i64x2 VECTOR;
typedef uint64_t u64x2 VECTOR;
typedef float f32x4 VECTOR;
typedef double f64x2 VECTOR;
/* Half a vector, to be widened. */
typedef int8_t i8x8 __attribute__((vector_size(8)));
typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef int16_t i16x4 __attribute__((vector_size(8)));

#define INLINE static inline __attribute__((always_inline))

/* Loads and stores at any address. */
#define ACCESS(type)                                              \
  INLINE type load_##type(const void *at) {                       \
    type value;                                                   \
    memcpy(&value, at, sizeof value);                             \
    return value;                                                 \
  }                                                               \
  INLINE void store_##type(void *at, type value) { memcpy(at, &value, sizeof value); }
ACCESS(i8x16)
ACCESS(u8x16)
ACCESS(i16x8)
ACCESS(i32x4)
ACCESS(u32x4)
ACCESS(u64x2)
ACCESS(f32x4)
ACCESS(u8x8)

/* The same value in all lanes. */
INLINE u8x16 splat_u8(uint8_t value) { return (u8x16){0} + value; }
INLINE i16x8 splat_i16(int16_t value) { return (i16x8){0} + value; }
INLINE u32x4 splat_u32(uint32_t value) { return (u32x4){0} + value; }
INLINE f32x4 splat_f32(float value) { return (f32x4){value, value, value, value}; }
INLINE f64x2 splat_f64(double value) { return (f64x2){value, value}; }

#define min_of(a, b) __builtin_elementwise_min(a, b)
#define max_of(a, b) __builtin_elementwise_max(a, b)

#ifdef __wasm__

/* Bytes of a table by their indices; 0 where an index is 16 or more. */
INLINE u8x16 table_lookup(u8x16 table, u8x16 indices) {
  return (u8x16)wasm_i8x16_swizzle((v128_t)table, (v128_t)indices);
}
/* The top bits of the bytes, that of lane 0 in bit 0. */
INLINE uint32_t top_bits(u8x16 a) { return wasm_i8x16_bitmask((v128_t)a); }
INLINE int any_bit(u8x16 a) { return wasm_v128_any_true((v128_t)a); }
INLINE u8x16 add_sat_u8(u8x16 a, u8x16 b) { return (u8x16)wasm_u8x16_add_sat((v128_t)a, (v128_t)b); }
INLINE u8x16 sub_sat_u8(u8x16 a, u8x16 b) { return (u8x16)wasm_u8x16_sub_sat((v128_t)a, (v128_t)b); }
INLINE i16x8 add_sat_i16(i16x8 a, i16x8 b) { return (i16x8)wasm_i16x8_add_sat((v128_t)a, (v128_t)b); }
/* (a + b + 1) / 2 */
INLINE u8x16 average_u8(u8x16 a, u8x16 b) { return (u8x16)wasm_u8x16_avgr((v128_t)a, (v128_t)b); }
/* a * b / 32768, rounded; not for two times -32768. */
INLINE i16x8 mul_q15(i16x8 a, i16x8 b) { return (i16x8)wasm_i16x8_q15mulr_sat((v128_t)a, (v128_t)b); }
/* Products of neighbours, added. */
INLINE i32x4 dot_i16(i16x8 a, i16x8 b) { return (i32x4)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b); }
/* The 16 words as bytes, saturated. */
INLINE u8x16 narrow_u8(i16x8 a, i16x8 b) { return (u8x16)wasm_u8x16_narrow_i16x8((v128_t)a, (v128_t)b); }
INLINE i16x8 narrow_i16(i32x4 a, i32x4 b) { return (i16x8)wasm_i16x8_narrow_i32x4((v128_t)a, (v128_t)b); }
/* Bits of a where the mask has ones, else of b. */
INLINE u8x16 choose(u8x16 mask, u8x16 a, u8x16 b) {
  return (u8x16)wasm_v128_bitselect((v128_t)a, (v128_t)b, (v128_t)mask);
}

#ifdef __wasm_relaxed_simd__
/*
 * sums + products of four neighbours each; the bytes of b must be below 128. Not by the one instruction that
 * wasm has for it: the baseline compiler of Node 20's V8 gets other sums.
 */
INLINE i32x4 dot_add_i8(i8x16 a, i8x16 b, i32x4 sums) {
  const v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16((v128_t)a, (v128_t)b);
  return sums + (i32x4)wasm_i32x4_extadd_pairwise_i16x8(pairs);
}
#endif

#else

INLINE u8x16 table_lookup(u8x16 table, u8x16 indices) {
  // Indices from 16 on get a top bit.
  const __m128i selected = _mm_adds_epu8((__m128i)indices, _mm_set1_epi8(0x70));
  return (u8x16)_mm_shuffle_epi8((__m128i)table, selected);
}
INLINE uint32_t top_bits(u8x16 a) { return (uint32_t)_mm_movemask_epi8((__m128i)a); }
INLINE int any_bit(u8x16 a) { return !_mm_testz_si128((__m128i)a, (__m128i)a); }
INLINE u8x16 add_sat_u8(u8x16 a, u8x16 b) { return (u8x16)_mm_adds_epu8((__m128i)a, (__m128i)b); }
INLINE u8x16 sub_sat_u8(u8x16 a, u8x16 b) { return (u8x16)_mm_subs_epu8((__m128i)a, (__m128i)b); }
INLINE i16x8 add_sat_i16(i16x8 a, i16x8 b) { return (i16x8)_mm_adds_epi16((__m128i)a, (__m128i)b); }
INLINE u8x16 average_u8(u8x16 a, u8x16 b) { return (u8x16)_mm_avg_epu8((__m128i)a, (__m128i)b); }
INLINE i16x8 mul_q15(i16x8 a, i16x8 b) { return (i16x8)_mm_mulhrs_epi16((__m128i)a, (__m128i)b); }
INLINE i32x4 dot_i16(i16x8 a, i16x8 b) { return (i32x4)_mm_madd_epi16((__m128i)a, (__m128i)b); }
INLINE u8x16 narrow_u8(i16x8 a, i16x8 b) { return (u8x16)_mm_packus_epi16((__m128i)a, (__m128i)b); }
INLINE i16x8 narrow_i16(i32x4 a, i32x4 b) { return (i16x8)_mm_packs_epi32((__m128i)a, (__m128i)b); }
INLINE u8x16 choose(u8x16 mask, u8x16 a, u8x16 b) { return (a & mask) | (b & ~mask); }
INLINE i32x4 dot_add_i8(i8x16 a, i8x16 b, i32x4 sums) {
  const __m128i pairs = _mm_maddubs_epi16((__m128i)b, (__m128i)a);
  return sums + (i32x4)_mm_madd_epi16(pairs, _mm_set1_epi16(1));
}

#endif

#endif
