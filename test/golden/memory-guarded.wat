;; Accesses carry their offset in the operand and no check: the guard pages see to the bounds.
(module
  (memory 1)
  (func $copy_word (param $from i32) (param $to i32)
    (i32.store offset=4 (local.get $to) (i32.load offset=8 (local.get $from))))
  (func $array_element (param $base i32) (param $index i32) (result i64)
    (i64.load offset=16 (i32.add (local.get $base) (i32.shl (local.get $index) (i32.const 3))))))
