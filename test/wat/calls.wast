;; Calls: direct, through tables, to the host, with many parameters and results, recursive, and until the stack ends.

(module
  (type $binary (func (param i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (type $same_as_unary (func (param i32) (result i32)))
  (type $wide (func (param i64) (result i64)))

  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $square (type $same_as_unary) (i32.mul (local.get 0) (local.get 0)))
  (func $negate (type $wide) (i64.sub (i64.const 0) (local.get 0)))
  (table $table 8 funcref)
  (table $other 2 2 funcref)
  (elem (table $table) (i32.const 0) func $add $sub $double $square $negate)
  (elem (table $other) (i32.const 1) func $double)

  (func (export "direct") (param i32 i32) (result i32) (call $sub (local.get 0) (local.get 1)))
  (func (export "nested") (param i32) (result i32)
    (call $add (call $double (local.get 0)) (call $sub (call $square (local.get 0)) (call $double (i32.const 3)))))
  ;; Values that are alive across calls, of both register classes.
  (func (export "alive_across") (param i32 i64 f32 f64) (result f64)
    (local $a i32) (local $b i32)
    (local.set $a (call $double (local.get 0)))
    (local.set $b (call $square (local.get $a)))
    (f64.add
      (f64.add (f64.convert_i32_s (i32.add (local.get $a) (local.get $b))) (f64.convert_i64_s (local.get 1)))
      (f64.add (f64.promote_f32 (local.get 2))
        (f64.mul (local.get 3) (f64.convert_i32_s (call $add (local.get $a) (local.get 0)))))))

  (func (export "indirect_binary") (param i32 i32 i32) (result i32)
    (call_indirect $table (type $binary) (local.get 0) (local.get 1) (local.get 2)))
  (func (export "indirect_unary") (param i32 i32) (result i32)
    (call_indirect $table (type $unary) (local.get 0) (local.get 1)))
  (func (export "indirect_wide") (param i64 i32) (result i64)
    (call_indirect $table (type $wide) (local.get 0) (local.get 1)))
  (func (export "indirect_other") (param i32 i32) (result i32)
    (call_indirect $other (type $unary) (local.get 0) (local.get 1)))
  (func (export "indirect_constant") (param i32) (result i32)
    (call_indirect $table (type $unary) (local.get 0) (i32.const 3)))
  (func (export "indirect_computed") (param i32 i64) (result i32)
    (call_indirect $table (type $unary) (local.get 0) (i32.wrap_i64 (local.get 1))))

  (func $factorial (export "factorial") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $factorial (i64.sub (local.get 0) (i64.const 1)))))))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $even (export "even") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
  (func $ackermann (export "ackermann") (param i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.add (local.get 1) (i32.const 1)))))
    (if (i32.eqz (local.get 1))
      (then (return (call $ackermann (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
    (call $ackermann (i32.sub (local.get 0) (i32.const 1))
      (call $ackermann (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))

  (func $forever (export "forever") (call $forever))
  (func $forever_value (export "forever_value") (param i64 f64) (result i64)
    (i64.add (local.get 0) (call $forever_value (i64.add (local.get 0) (i64.const 1)) (local.get 1))))
  (func $forever_indirect (export "forever_indirect") (param i32) (result i32)
    (i32.add (i32.const 1) (call_indirect $table (type $unary) (local.get 0) (i32.const 5))))
  (elem (table $table) (i32.const 5) func $forever_indirect)
  (func $forever_mutual (export "forever_mutual") (call $forever_mutual_back))
  (func $forever_mutual_back (call $forever_mutual))
  (func $forever_frames (export "forever_frames") (param i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local.set 7 (i64.mul (local.get 0) (i64.const 7)))
    (local.set 12 (i64.mul (local.get 0) (i64.const 12)))
    (i64.add (call $forever_frames (local.get 12)) (i64.add (local.get 7) (local.get 12))))
)

(assert_return (invoke "direct" (i32.const 10) (i32.const 3)) (i32.const 7))
(assert_return (invoke "nested" (i32.const 5)) (i32.const 29))
(assert_return (invoke "alive_across" (i32.const 3) (i64.const 1000) (f32.const 0.5) (f64.const 0.25)) (f64.const 1044.75))
(assert_return (invoke "indirect_binary" (i32.const 10) (i32.const 3) (i32.const 0)) (i32.const 13))
(assert_return (invoke "indirect_binary" (i32.const 10) (i32.const 3) (i32.const 1)) (i32.const 7))
(assert_return (invoke "indirect_unary" (i32.const 10) (i32.const 2)) (i32.const 20))
;; Equal types are the same type.
(assert_return (invoke "indirect_unary" (i32.const 10) (i32.const 3)) (i32.const 100))
(assert_return (invoke "indirect_wide" (i64.const 10) (i32.const 4)) (i64.const -10))
(assert_return (invoke "indirect_other" (i32.const 10) (i32.const 1)) (i32.const 20))
(assert_return (invoke "indirect_constant" (i32.const 12)) (i32.const 144))
(assert_return (invoke "indirect_computed" (i32.const 12) (i64.const 0xffffffff00000002)) (i32.const 24))
(assert_trap (invoke "indirect_unary" (i32.const 10) (i32.const 0)) "indirect call type mismatch")
(assert_trap (invoke "indirect_wide" (i64.const 10) (i32.const 3)) "indirect call type mismatch")
(assert_trap (invoke "indirect_binary" (i32.const 1) (i32.const 1) (i32.const 4)) "indirect call type mismatch")
(assert_trap (invoke "indirect_unary" (i32.const 10) (i32.const 6)) "uninitialized element")
(assert_trap (invoke "indirect_other" (i32.const 10) (i32.const 0)) "uninitialized element")
(assert_trap (invoke "indirect_unary" (i32.const 10) (i32.const 8)) "undefined element")
(assert_trap (invoke "indirect_unary" (i32.const 10) (i32.const -1)) "undefined element")
(assert_trap (invoke "indirect_other" (i32.const 10) (i32.const 2)) "undefined element")
(assert_trap (invoke "indirect_computed" (i32.const 12) (i64.const 0x10000000a)) "undefined element")
(assert_return (invoke "factorial" (i64.const 20)) (i64.const 2432902008176640000))
(assert_return (invoke "fib" (i32.const 15)) (i32.const 610))
(assert_return (invoke "even" (i32.const 1000)) (i32.const 1))
(assert_return (invoke "even" (i32.const 1001)) (i32.const 0))
(assert_return (invoke "ackermann" (i32.const 2) (i32.const 5)) (i32.const 13))
(assert_exhaustion (invoke "forever") "call stack exhausted")
(assert_exhaustion (invoke "forever_value" (i64.const 1) (f64.const 2)) "call stack exhausted")
(assert_exhaustion (invoke "forever_indirect" (i32.const 1)) "call stack exhausted")
(assert_exhaustion (invoke "forever_mutual") "call stack exhausted")
(assert_exhaustion (invoke "forever_frames" (i64.const 1)) "call stack exhausted")
;; The stack can be used again after that.
(assert_return (invoke "even" (i32.const 1000)) (i32.const 1))
(assert_exhaustion (invoke "forever") "call stack exhausted")
(assert_return (invoke "fib" (i32.const 10)) (i32.const 55))

;; Many parameters, of all types, in registers and on the stack; many results; both through tables as well.
(module
  (type $many (func (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32
    f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (result f64)))
  (table funcref (elem $many))
  (func $many (export "many") (type $many)
    (local $sum f64)
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 0))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 1))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 2))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 3)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 4))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 5))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 6))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 7)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 8))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 9))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 10))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 11)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 12))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 13))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 14))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 15)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 16))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 17))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 18))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 19)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 20))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 21))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 22))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 23)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 24))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 25))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 26))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 27)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 28))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 29))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 30))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 31)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 32))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 33))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 34))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 35)))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i32_s (local.get 36))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.convert_i64_s (local.get 37))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (f64.promote_f32 (local.get 38))))
    (local.set $sum (f64.add (f64.mul (local.get $sum) (f64.const 1.25)) (local.get 39)))
    (local.get $sum))
  (func (export "call_many") (result f64)
    (call $many
      (i32.const -5) (i64.const -2) (f32.const 1) (f64.const 4) (i32.const 7) (i64.const 10) (f32.const
      13) (f64.const 16) (i32.const -4) (i64.const -1) (f32.const 2) (f64.const 5) (i32.const 8)
      (i64.const 11) (f32.const 14) (f64.const 17) (i32.const -3) (i64.const 0) (f32.const 3) (f64.const
      6) (i32.const 9) (i64.const 12) (f32.const 15) (f64.const -5) (i32.const -2) (i64.const 1)
      (f32.const 4) (f64.const 7) (i32.const 10) (i64.const 13) (f32.const 16) (f64.const -4) (i32.const
      -1) (i64.const 2) (f32.const 5) (f64.const 8) (i32.const 11) (i64.const 14) (f32.const 17)
      (f64.const -3)))
  (func (export "call_many_indirect") (result f64)
    (call_indirect (type $many)
      (i32.const -5) (i64.const 0) (f32.const 5) (f64.const 10) (i32.const 15) (i64.const -3) (f32.const
      2) (f64.const 7) (i32.const 12) (i64.const 17) (f32.const -1) (f64.const 4) (i32.const 9) (i64.const
      14) (f32.const -4) (f64.const 1) (i32.const 6) (i64.const 11) (f32.const 16) (f64.const -2)
      (i32.const 3) (i64.const 8) (f32.const 13) (f64.const -5) (i32.const 0) (i64.const 5) (f32.const 10)
      (f64.const 15) (i32.const -3) (i64.const 2) (f32.const 7) (f64.const 12) (i32.const 17) (i64.const
      -1) (f32.const 4) (f64.const 9) (i32.const 14) (i64.const -4) (f32.const 1) (f64.const 6) (i32.const 0)))
  ;; The same parameters moved by one place: a chain of moves through all argument places.
  (func (export "call_many_rotated") (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (result f64)
    (call $many
      (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10)
      (local.get 11) (local.get 12) (local.get 13) (local.get 14) (local.get 15) (local.get 16) (local.get
      17) (local.get 18) (local.get 19) (local.get 20) (local.get 21) (local.get 22) (local.get 23)
      (local.get 24) (local.get 25) (local.get 26) (local.get 27) (local.get 28) (local.get 29) (local.get
      30) (local.get 31) (local.get 32) (local.get 33) (local.get 34) (local.get 35) (local.get 36)
      (local.get 37) (local.get 38) (local.get 39) (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $results (export "results") (param i32) (result i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32)
    (i32.add (local.get 0) (i32.const 0))
    (f64.convert_i32_s (i32.add (local.get 0) (i32.const 100)))
    (i64.extend_i32_s (i32.add (local.get 0) (i32.const 200)))
    (f32.convert_i32_s (i32.add (local.get 0) (i32.const 300)))
    (i32.add (local.get 0) (i32.const 400))
    (f64.convert_i32_s (i32.add (local.get 0) (i32.const 500)))
    (i64.extend_i32_s (i32.add (local.get 0) (i32.const 600)))
    (f32.convert_i32_s (i32.add (local.get 0) (i32.const 700)))
    (i32.add (local.get 0) (i32.const 800))
    (f64.convert_i32_s (i32.add (local.get 0) (i32.const 900)))
    (i64.extend_i32_s (i32.add (local.get 0) (i32.const 1000)))
    (f32.convert_i32_s (i32.add (local.get 0) (i32.const 1100)))
    (i32.add (local.get 0) (i32.const 1200))
    (f64.convert_i32_s (i32.add (local.get 0) (i32.const 1300)))
    (i64.extend_i32_s (i32.add (local.get 0) (i32.const 1400)))
    (f32.convert_i32_s (i32.add (local.get 0) (i32.const 1500)))
    (i32.add (local.get 0) (i32.const 1600)))
  (type $results (func (param i32) (result i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32)))
  (table $results funcref (elem $results))
  (func (export "call_results") (param i32) (result f64)
    (local $sum f64)
    (call $results (local.get 0))
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    (local.get $sum))
  (func (export "call_results_indirect") (param i32) (result f64)
    (local $sum f64)
    (call_indirect $results (type $results) (local.get 0) (i32.const 0))
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.promote_f32 local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i64_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    f64.convert_i32_s local.get $sum f64.const 1.5 f64.mul f64.add local.set $sum
    (local.get $sum))
  (func $pair (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func (export "pair") (param i32 i32) (result i32 i32) (call $pair (local.get 0) (local.get 1)))
  (func (export "pair_through_block") (param i32 i32) (result i32)
    (call $pair (local.get 0) (local.get 1))
    (block (param i32 i32) (result i32) i32.sub))
  (func $three (param i32 f32 i64) (result i64 i32 f32) (local.get 2) (local.get 0) (local.get 1))
  (func (export "three") (param i32 f32 i64) (result i64 i32 f32)
    (call $three (local.get 0) (local.get 1) (local.get 2)))
  (func (export "three_twice") (param i32 f32 i64) (result f64)
    (local $a i64) (local $b i32) (local $c f32)
    (call $three (local.get 0) (local.get 1) (local.get 2))
    (local.set $c) (local.set $b) (local.set $a)
    (call $three (i32.add (local.get $b) (i32.const 1)) (f32.add (local.get $c) (f32.const 1)) (i64.add (local.get $a) (i64.const 1)))
    (local.set $c) (local.set $b) (local.set $a)
    (f64.add (f64.promote_f32 (local.get $c)) (f64.add (f64.convert_i32_s (local.get $b)) (f64.convert_i64_s (local.get $a)))))
  (func $countdown (export "countdown") (param i32 i64) (result i64 i32)
    (if (result i64 i32) (local.get 0)
      (then (call $countdown (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 3))))
      (else (local.get 1) (i32.const 42))))
  (func (export "swap_stack") (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func (export "no_result") (param i32))
)
(assert_return (invoke "many" (i32.const -5) (i64.const 2) (f32.const 9) (f64.const 16) (i32.const 0) (i64.const 7) (f32.const 14) (f64.const -2) (i32.const 5) (i64.const 12) (f32.const -4) (f64.const 3) (i32.const 10) (i64.const 17) (f32.const 1) (f64.const 8) (i32.const 15) (i64.const -1) (f32.const 6) (f64.const 13) (i32.const -3) (i64.const 4) (f32.const 11) (f64.const -5) (i32.const 2) (i64.const 9) (f32.const 16) (f64.const 0) (i32.const 7) (i64.const 14) (f32.const -2) (f64.const 5) (i32.const 12) (i64.const -4) (f32.const 3) (f64.const 10) (i32.const 17) (i64.const 1) (f32.const 8) (f64.const 15)) (f64.const 127727.10503363478))
(assert_return (invoke "call_many") (f64.const 70112.4304864345))
(assert_return (invoke "call_many_indirect") (f64.const 103693.63115966113))
(assert_return (invoke "call_many_rotated" (i32.const -5) (i64.const 2) (f32.const 9) (f64.const 16) (i32.const 0) (i64.const 7) (f32.const 14) (f64.const -2) (i32.const 5) (i64.const 12) (f32.const -4) (f64.const 3) (i32.const 10) (i64.const 17) (f32.const 1) (f64.const 8) (i32.const 15) (i64.const -1) (f32.const 6) (f64.const 13) (i32.const -3) (i64.const 4) (f32.const 11) (f64.const -5) (i32.const 2) (i64.const 9) (f32.const 16) (f64.const 0) (i32.const 7) (i64.const 14) (f32.const -2) (f64.const 5) (i32.const 12) (i64.const -4) (f32.const 3) (f64.const 10) (i32.const 17) (i64.const 1) (f32.const 8) (f64.const 15)) (f64.const 156806.6570250627))
(assert_return (invoke "results" (i32.const 7)) (i32.const 7) (f64.const 107) (i64.const 207) (f32.const 307) (i32.const 407) (f64.const 507) (i64.const 607) (f32.const 707) (i32.const 807) (f64.const 907) (i64.const 1007) (f32.const 1107) (i32.const 1207) (f64.const 1307) (i64.const 1407) (f32.const 1507) (i32.const 1607))
(assert_return (invoke "call_results" (i32.const 7)) (f64.const 2773111.166946411))
(assert_return (invoke "call_results_indirect" (i32.const -7)) (f64.const 2745551.851852417))
(assert_return (invoke "pair" (i32.const 1) (i32.const 2)) (i32.const 2) (i32.const 1))
(assert_return (invoke "pair_through_block" (i32.const 1) (i32.const 10)) (i32.const 9))
(assert_return (invoke "three" (i32.const 1) (f32.const 2) (i64.const 3)) (i64.const 3) (i32.const 1) (f32.const 2))
(assert_return (invoke "three_twice" (i32.const 1) (f32.const 2) (i64.const 3)) (f64.const 9))
(assert_return (invoke "countdown" (i32.const 100) (i64.const 1)) (i64.const 301) (i32.const 42))
(assert_return (invoke "swap_stack" (i32.const 1) (i32.const -1)) (i32.const -1) (i32.const 1))
(assert_return (invoke "no_result" (i32.const 1)))

;; Calls to the host and back, with all types of arguments; a host function through a table.
(module
  (import "spectest" "print" (func $print))
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (import "spectest" "print_i64" (func $print_i64 (param i64)))
  (import "spectest" "print_f32" (func $print_f32 (param f32)))
  (import "spectest" "print_f64" (func $print_f64 (param f64)))
  (import "spectest" "print_i32_f32" (func $print_i32_f32 (param i32 f32)))
  (import "spectest" "print_f64_f64" (func $print_f64_f64 (param f64 f64)))
  (type $print_i32 (func (param i32)))
  (table funcref (elem $print_i32 $print_i64 $print))
  (func (export "host_calls") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (call $print)
      (call $print_i32 (local.get $i))
      (call $print_i64 (i64.extend_i32_s (local.get $i)))
      (call $print_f32 (f32.const 1.5))
      (call $print_f64 (f64.const 2.5))
      (call $print_i32_f32 (local.get $i) (f32.convert_i32_s (local.get $i)))
      (call $print_f64_f64 (f64.const 1) (f64.convert_i32_s (local.get $i)))
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func (export "host_indirect") (param i32) (call_indirect (type $print_i32) (i32.const 3) (local.get 0)))
  (export "print" (func $print_i32))
)
(assert_return (invoke "host_calls" (i32.const 10)) (i32.const 45))
(assert_return (invoke "host_indirect" (i32.const 0)))
(assert_trap (invoke "host_indirect" (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "host_indirect" (i32.const 2)) "indirect call type mismatch")
(assert_return (invoke "print" (i32.const 5)))
