;; "Not equal to zero" took its operand from the global, and the other one, which is a constant, had no place.
;; call "unused"
;; call "used"
(module
  (global $g (mut v128) (v128.const i32x4 0 1 0 -1))
  (func (export "unused")
    (drop (i16x8.ne (v128.const i32x4 0 0 0 0) (global.get $g))))
  (func (export "used") (result i32)
    (i16x8.bitmask (i16x8.ne (v128.const i32x4 0 0 0 0) (global.get $g)))))
