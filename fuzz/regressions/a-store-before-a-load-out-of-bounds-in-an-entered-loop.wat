;; generator own, seed 20261472
;; reduced from 3033 to 103 bytes in 255 tries
;; multi-loops: state differ: at the end, export "memory", bytes from 0x0 on
;;   expected 01000000000000000000000000000000
;;   found nothing
;; call "f3" i32:0x0
(module
  (type (;0;) (func (param i32) (result f64 externref)))
  (type (;1;) (func))
  (func (;0;) (type 1)
    (local i64 i32)
    i64.const 1
    local.set 0
    i32.const 0
    loop (param i32) (result f64 externref)  ;; label = @1
      i32.const 0
      local.get 0
      i64.store8
      i32.const 0
      f32.load offset=4294967285 align=2
      i32.const 0
      local.get 1
      br_if 0 (;@1;)
      drop
      drop
      drop
      f64.const 0x0p+0 (;=0;)
      ref.null extern
    end
    unreachable)
  (memory (;0;) 1 8)
  (export "memory" (memory 0))
  (export "f3" (func 0)))
