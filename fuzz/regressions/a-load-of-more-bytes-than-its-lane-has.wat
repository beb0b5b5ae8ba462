;; LLVM made a smaller load where a lane takes the lower bytes of a scalar, or the place of some of a vector's.
;; call "splat" i32:0xfffc
;; call "splat" i32:0xfffd
;; call "replace8" i32:0xfffd
;; call "replace8" i32:0xffff
;; call "replace16" i32:0xfffd
;; call "signed" i32:0xffff
;; call "first" i32:0xfff8
;; call "second" i32:0xfff1
;; call "second" i32:0xfff8
(module
  (memory (export "memory") 1 1)
  (data (i32.const 65520) "\01\82\03\84\05\86\07\88\09\8a\0b\8c\0d\8e\0f\90")
  (func (export "splat") (param i32)
    (v128.store (i32.const 0) (i8x16.splat (i32.load (local.get 0)))))
  (func (export "replace8") (param i32)
    (v128.store (i32.const 0)
      (i8x16.replace_lane 3 (v128.load (i32.const 65520)) (i32.load (local.get 0)))))
  (func (export "replace16") (param i32)
    (v128.store (i32.const 0)
      (i16x8.replace_lane 0 (v128.load (i32.const 65520)) (i32.load (local.get 0)))))
  (func (export "signed") (param i32)
    (v128.store (i32.const 0) (i8x16.splat (i32.load16_s (local.get 0)))))
  (func (export "first") (param i32)
    (v128.store (i32.const 0) (i64x2.replace_lane 0 (v128.load (local.get 0)) (i64.const 5))))
  (func (export "second") (param i32) (local i64)
    (local.set 1 (i64.load (i32.const 65520)))
    (v128.store (i32.const 0) (i64x2.replace_lane 1 (v128.load (local.get 0)) (local.get 1)))))
