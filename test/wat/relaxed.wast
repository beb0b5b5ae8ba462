;; Relaxed instructions, where the specification leaves nothing open, and where it leaves a choice.

(module
  (func (export "swizzle") (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "trunc f32 s") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func (export "trunc f32 u") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
  (func (export "trunc f64 s") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
  (func (export "trunc f64 u") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
  (func (export "f32 madd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f32 nmadd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64 madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64 nmadd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "laneselect8") (param v128 v128 v128) (result v128)
    (i8x16.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "laneselect16") (param v128 v128 v128) (result v128)
    (i16x8.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "laneselect32") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "laneselect64") (param v128 v128 v128) (result v128)
    (i64x2.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f32 min") (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
  (func (export "f32 max") (param v128 v128) (result v128) (f32x4.relaxed_max (local.get 0) (local.get 1)))
  (func (export "f64 min") (param v128 v128) (result v128) (f64x2.relaxed_min (local.get 0) (local.get 1)))
  (func (export "f64 max") (param v128 v128) (result v128) (f64x2.relaxed_max (local.get 0) (local.get 1)))
  (func (export "q15mulr") (param v128 v128) (result v128)
    (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
  (func (export "dot") (param v128 v128) (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func (export "dot add") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))

(assert_return
  (invoke "swizzle"
    (v128.const i8x16 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25)
    (v128.const i8x16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 0 0x80))
  (v128.const i8x16 25 24 23 22 21 20 19 18 17 16 15 14 13 12 10 0))
(assert_return (invoke "trunc f32 s" (v128.const f32x4 1.9 -1.9 2147483520 -2147483648))
  (v128.const i32x4 1 -1 2147483520 -2147483648))
(assert_return (invoke "trunc f32 s" (v128.const f32x4 nan 0 0 0))
  (either (v128.const i32x4 0 0 0 0) (v128.const i32x4 0x80000000 0 0 0)))
(assert_return (invoke "trunc f32 u" (v128.const f32x4 1.9 4294967040 2147483648 0))
  (v128.const i32x4 1 4294967040 2147483648 0))
(assert_return (invoke "trunc f64 s" (v128.const f64x2 -2147483648.9 2147483647.9))
  (v128.const i32x4 -2147483648 2147483647 0 0))
(assert_return (invoke "trunc f64 u" (v128.const f64x2 4294967295.9 0.9)) (v128.const i32x4 4294967295 0 0 0))
(assert_return
  (invoke "f32 madd" (v128.const f32x4 3 -2 0.5 inf) (v128.const f32x4 5 7 0.25 1) (v128.const f32x4 7 1 1 1))
  (v128.const f32x4 22 -13 1.125 inf))
(assert_return
  (invoke "f32 nmadd" (v128.const f32x4 3 -2 0.5 inf) (v128.const f32x4 5 7 0.25 1) (v128.const f32x4 7 1 1 1))
  (v128.const f32x4 -8 15 0.875 -inf))
;; (1 + 2⁻²³)(1 - 2⁻²³) - 1 is -2⁻⁴⁶ if it is rounded once.
(assert_return
  (invoke "f32 madd"
    (v128.const f32x4 0x1.000002p0 0x1.000002p0 0x1.000002p0 0x1.000002p0)
    (v128.const f32x4 0x1.fffffcp-1 0x1.fffffcp-1 0x1.fffffcp-1 0x1.fffffcp-1)
    (v128.const f32x4 -1 -1 -1 -1))
  (either
    (v128.const f32x4 0 0 0 0)
    (v128.const f32x4 -0x1p-46 -0x1p-46 -0x1p-46 -0x1p-46)))
(assert_return
  (invoke "f64 madd" (v128.const f64x2 3 1e200) (v128.const f64x2 5 1e-100) (v128.const f64x2 7 0))
  (v128.const f64x2 22 1e100))
(assert_return
  (invoke "f64 nmadd" (v128.const f64x2 3 -4) (v128.const f64x2 5 4) (v128.const f64x2 7 0))
  (v128.const f64x2 -8 16))
(assert_return
  (invoke "laneselect8"
    (v128.const i64x2 0x1111111111111111 0x1111111111111111)
    (v128.const i64x2 0x2222222222222222 0x2222222222222222)
    (v128.const i64x2 0xff00ff0000ff00ff 0x00ffffff00000000))
  (v128.const i64x2 0x1122112222112211 0x2211111122222222))
(assert_return
  (invoke "laneselect16"
    (v128.const i16x8 1 2 3 4 5 6 7 8)
    (v128.const i16x8 11 12 13 14 15 16 17 18)
    (v128.const i16x8 -1 0 -1 0 0 -1 -1 0))
  (v128.const i16x8 1 12 3 14 15 6 7 18))
(assert_return
  (invoke "laneselect32"
    (v128.const i32x4 1 2 3 4) (v128.const i32x4 11 12 13 14) (v128.const i32x4 -1 0 -1 0))
  (v128.const i32x4 1 12 3 14))
(assert_return
  (invoke "laneselect64" (v128.const i64x2 1 2) (v128.const i64x2 11 12) (v128.const i64x2 0 -1))
  (v128.const i64x2 11 2))
(assert_return (invoke "f32 min" (v128.const f32x4 1 -2 inf 5) (v128.const f32x4 2 -3 1 5))
  (v128.const f32x4 1 -3 1 5))
(assert_return (invoke "f32 max" (v128.const f32x4 1 -2 inf 5) (v128.const f32x4 2 -3 1 5))
  (v128.const f32x4 2 -2 inf 5))
(assert_return (invoke "f64 min" (v128.const f64x2 1 -2) (v128.const f64x2 2 -inf)) (v128.const f64x2 1 -inf))
(assert_return (invoke "f64 max" (v128.const f64x2 1 -2) (v128.const f64x2 2 -inf)) (v128.const f64x2 2 -2))
(assert_return
  (invoke "q15mulr"
    (v128.const i16x8 0x7fff 0x4000 -32768 1 -1 300 0 -32768)
    (v128.const i16x8 0x7fff 0x4000 0x7fff 1 1 -300 5 1))
  (v128.const i16x8 32766 8192 -32767 0 0 -3 0 -1))
(assert_return
  (invoke "dot"
    (v128.const i8x16 0 1 2 3 -4 -5 -128 -128 127 127 10 20 30 40 50 -60)
    (v128.const i8x16 15 14 13 12 11 10 127 127 127 127 1 2 3 4 5 6))
  (v128.const i16x8 14 62 -94 -32512 32258 50 250 -110))
(assert_return
  (invoke "dot add"
    (v128.const i8x16 0 1 2 3 -4 -5 -128 -128 127 127 10 20 30 40 50 -60)
    (v128.const i8x16 15 14 13 12 11 10 127 127 127 127 1 2 3 4 5 6)
    (v128.const i32x4 1 2 -3 0x7fffffff))
  (v128.const i32x4 77 -32604 32305 -2147483509))
