;; The bounds of the table, null and the type are checked in line; the call goes through the function's record.
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 funcref)
  (func $call (param $index i32) (param $value i32) (result i32)
    (i32.add (call_indirect (type $unary) (local.get $value) (local.get $index)) (local.get $value))))
