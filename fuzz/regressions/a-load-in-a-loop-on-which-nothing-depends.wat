;; LLVM dropped loads of vectors in loops, or made them smaller, where the result does not depend on all of them.
;; call "splat" i32:0xffd0 i32:0x10 i32:0x3
;; call "splat" i32:0xffdd i32:0x10 i32:0x3
;; call "replace" i32:0xffd0 i32:0x10 i32:0x3
;; call "replace" i32:0xffdd i32:0x10 i32:0x3
;; call "product" i32:0xffd0 i32:0x10 i32:0x3
;; call "product" i32:0xffdd i32:0x10 i32:0x3
;; call "below" i32:0xffd0 i32:0x10 i32:0x3
;; call "below" i32:0xffdd i32:0x10 i32:0x3
;; call "above" i32:0xffd0 i32:0x10 i32:0x3
;; call "above" i32:0xffdd i32:0x10 i32:0x3
;; call "sum" i32:0xffd0 i32:0x10 i32:0x3
;; call "sum" i32:0xffdd i32:0x10 i32:0x3
;; call "difference" i32:0xffd0 i32:0x10 i32:0x3
;; call "difference" i32:0xffdd i32:0x10 i32:0x3
;; call "equal" i32:0xffd0 i32:0x10 i32:0x3
;; call "equal" i32:0xffdd i32:0x10 i32:0x3
;; call "chosen" i32:0xffd0 i32:0x10 i32:0x3
;; call "chosen" i32:0xffdd i32:0x10 i32:0x3
(module
  (memory (export "memory") 1 1)
  (data (i32.const 65504) "\01\82\03\84\05\86\07\88\09\8a\0b\8c\0d\8e\0f\90")
  (func (export "splat") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i8x16.splat (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "replace") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i8x16.replace_lane 2 (local.get 3) (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "product") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i16x8.mul (v128.load (local.get 0)) (v128.const i32x4 0 0 0 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "below") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i8x16.lt_u (v128.load (local.get 0)) (v128.const i32x4 0 0 0 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "above") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i32x4.gt_s (v128.load (local.get 0)) (i32x4.splat (i32.const 0x7fffffff))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "sum") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i8x16.add_sat_u (v128.load (local.get 0)) (v128.const i32x4 -1 -1 -1 -1)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "difference") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i32x4.sub (local.tee 3 (v128.load (local.get 0))) (local.get 3)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "equal") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (i32x4.eq (local.tee 3 (v128.load (local.get 0))) (local.get 3)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  (func (export "chosen") (param i32 i32 i32) (local v128)
    (loop
      (v128.store (local.get 1)
        (select (v128.load (local.get 0)) (local.get 3) (i32.const 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 16)))
      (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))))
