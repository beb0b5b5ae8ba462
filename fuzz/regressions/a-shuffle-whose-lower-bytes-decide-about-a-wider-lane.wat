;; The lower half of a lane of 64 bits may depend on the whole of it: of a comparison, of floats.
;; call "equal" i32:0x0
;; call "equal" i32:0x10
;; call "add" i32:0x0
;; call "lesser" i32:0x0
;; call "lesser" i32:0x10
(module
  (memory (export "memory") 1 1)
  (data (i32.const 0) "\11\22\33\44\55\66\f7\3f\99\aa\bb\cc\dd\ee\1f\40")
  (data (i32.const 16) "\01\02\03\04\05\06\17\38\99\aa\bb\cc\dd\ee\1f\40")
  (data (i32.const 32) "\01\02\03\04\05\06\17\48\09\0a\0b\0c\0d\0e\0f\10")
  (func (export "equal") (param i32) (result i32)
    (i32x4.extract_lane 0
      (i64x2.eq
        (i8x16.shuffle 0 1 2 3 20 21 22 23 0 1 2 3 4 5 6 7
          (v128.load (local.get 0)) (v128.load (i32.const 32)))
        (v128.load (local.get 0)))))
  (func (export "add") (param i32) (result i32)
    (i32x4.extract_lane 0
      (f64x2.add
        (i8x16.shuffle 0 1 2 3 20 21 22 23 0 1 2 3 4 5 6 7
          (v128.load (local.get 0)) (v128.load (i32.const 0)))
        (f64x2.splat (f64.const 3e-100)))))
  (func (export "lesser") (param i32) (result i32)
    (i32x4.extract_lane 0
      (f64x2.pmin
        (i8x16.shuffle 0 1 2 3 20 21 22 23 0 1 2 3 4 5 6 7
          (v128.load (local.get 0)) (v128.load (i32.const 32)))
        (v128.load (i32.const 0))))))
