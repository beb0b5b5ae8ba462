;; One instruction that extends twice reads 4 bytes, and did so instead of the load of 8.
;; call "bytes" i32:0xfff8
;; call "bytes" i32:0xfff9
;; call "bytes" i32:0xfffc
;; call "bytes" i32:0xfffd
;; call "words" i32:0xfff8
;; call "words" i32:0xfff9
;; call "words" i32:0xfffc
;; call "words" i32:0xfffd
(module
  (memory (export "memory") 1 1)
  (data (i32.const 65520) "\01\82\03\84\05\86\07\88\09\8a\0b\8c\0d\8e\0f\90")
  (func (export "bytes") (param i32)
    (v128.store (i32.const 0)
      (i32x4.extend_low_i16x8_s (i16x8.extend_low_i8x16_s (v128.load64_zero (local.get 0))))))
  (func (export "words") (param i32)
    (v128.store (i32.const 0)
      (i64x2.extend_low_i32x4_u (i32x4.extend_low_i16x8_u (v128.load64_zero (local.get 0)))))))
