;; Functions to be called by name:
;;   upshift run --invoke gcd examples/arithmetic.wat 1071 462
;;   upshift run --invoke factorial examples/arithmetic.wat 20
;;   upshift run --invoke divide examples/arithmetic.wat 7 0      (traps)
(module
  ;; Greatest common divisor of two numbers (Euclid).
  (func $gcd (export "gcd") (param $a i32) (param $b i32) (result i32)
    (local $remainder i32)
    (loop $again (result i32)
      (if (result i32) (i32.eqz (local.get $b))
        (then (local.get $a))
        (else
          (local.set $remainder (i32.rem_u (local.get $a) (local.get $b)))
          (local.set $a (local.get $b))
          (local.set $b (local.get $remainder))
          (br $again)))))

  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.eqz (local.get $n))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1)))))))

  ;; Quotient and remainder.
  (func $divide (export "divide") (param $a i32) (param $b i32) (result i32 i32)
    (i32.div_s (local.get $a) (local.get $b))
    (i32.rem_s (local.get $a) (local.get $b)))
)
