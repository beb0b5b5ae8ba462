;; Division needs rax and rdx, and traps by zero and on overflow; shifts by a register have forms without rcx.
(module
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func $shift (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1))))
