;; golden: memory=guarded cpu=baseline
;; Without BMI2, shifts by a register go through rcx; without LZCNT, bsr has a case of its own for zero.
(module
  (func $leading_zeros (param i32) (result i32) (i32.clz (local.get 0)))
  (func $shift (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1))))
