;; A value that lives over a call stays in a register that calls preserve; several results come back in memory.
(module
  (func $pair (param i64) (result i64 i64)
    (local.get 0) (i64.add (local.get 0) (i64.const 1)))
  (func $use (param i64 i64) (result i64)
    (call $pair (local.get 0))
    i64.mul
    local.get 1
    i64.add))
