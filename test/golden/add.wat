;; Parameters arrive in registers and the result leaves in rax; nothing is stored.
(module
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func $constant_folds (result i64)
    (i64.add (i64.mul (i64.const 6) (i64.const 7)) (i64.const 100))))
