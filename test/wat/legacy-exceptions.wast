;; Exceptions as they were before WebAssembly 3.0, which compilers still emit.

(module
  (tag $e) (tag $i (param i32)) (tag $l (param i64 f32))

  (func $throw (param $which i32) (result i32)
    (if (i32.eq (local.get $which) (i32.const 1)) (then (throw $e)))
    (if (i32.eq (local.get $which) (i32.const 2)) (then (throw $i (i32.const 20))))
    (if (i32.eq (local.get $which) (i32.const 3)) (then (throw $l (i64.const 30) (f32.const 0.5))))
    (i32.const 7))

  (func $arms (export "arms") (param i32) (result i32)
    (try (result i32) (do (call $throw (local.get 0)))
      (catch $i (i32.add (i32.const 1)))
      (catch $l (drop) (i32.wrap_i64))
      (catch_all (i32.const -1))))

  ;; What no arm catches goes on; a try without arms.
  (func (export "outer") (param i32) (result i32)
    (try (result i32)
      (do
        (try (result i32)
          (do (try (result i32) (do (call $throw (local.get 0)))))
          (catch $i (i32.const 100) (i32.add))))
      (catch $e (i32.const -5))))

  ;; Arms that throw themselves, and throw again what they have caught, also that of an outer arm.
  (func (export "rethrow") (param i32) (result i32)
    (try (result i32)
      (do
        (try (result i32) (do (call $throw (local.get 0)))
          (catch $i (drop) (rethrow 0))
          (catch $e (throw $i (i32.const 40)))))
      (catch $i (i32.add (i32.const 2)))))
  (func (export "rethrow-outer") (param i32) (result i32)
    (try (result i32)
      (do
        (try (result i32) (do (call $throw (local.get 0)))
          (catch $i (drop)
            (try (result i32) (do (throw $e))
              (catch $e (rethrow 1))))))
      (catch $i (i32.add (i32.const 3)))
      (catch $e (i32.const -1))))

  ;; In an arm: a loop, locals, calls that use what the exception came with.
  (func (export "loop-in-arm") (param $which i32) (param $turns i32) (result i32)
    (local $sum i32)
    (try
      (do (local.set $sum (call $throw (local.get $which))))
      (catch $i
        (local.set $sum)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (call $throw (i32.const 0))))
          (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
        (try (do (rethrow 1)) (catch $i (local.set $sum (i32.add (local.get $sum)))))))
    (local.get $sum))

  ;; A loop around, which catches in each turn.
  (func (export "loop-around") (param $turns i32) (result i32)
    (local $sum i32)
    (loop $l
      (try
        (do (drop (call $throw (i32.and (local.get $turns) (i32.const 3))))
            (local.set $sum (i32.add (local.get $sum) (i32.const 1))))
        (catch $i (local.set $sum (i32.add (local.get $sum))))
        (catch_all (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))))
      (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $sum))

  ;; delegate: to a try around, to one further out, out of the function, past a try whose arm it is in.
  (func (export "delegate") (param i32) (result i32)
    (try $t (result i32)
      (do (try (result i32) (do (call $throw (local.get 0))) (delegate $t)))
      (catch $i (i32.add (i32.const 5)))))
  (func (export "delegate-far") (param i32) (result i32)
    (try $t (result i32)
      (do
        (try (result i32)
          (do
            (block (result i32)
              (try (result i32) (do (call $throw (local.get 0))) (delegate $t))))
          (catch $i (i32.add (i32.const 1000)))
          (catch_all (i32.const -1000))))
      (catch $i (i32.add (i32.const 6)))
      (catch_all (i32.const -6))))
  (func $delegate-out (param i32) (result i32)
    (try (result i32)
      (do (try (result i32) (do (call $throw (local.get 0))) (delegate 1)))
      (catch_all (i32.const -1))))
  (func (export "delegate-out") (param i32) (result i32)
    (try (result i32) (do (call $delegate-out (local.get 0))) (catch $i (i32.add (i32.const 8)))))
  (func (export "delegate-from-arm") (param i32) (result i32)
    (try (result i32)
      (do
        (try $t (result i32) (do (throw $e))
          (catch $e
            (try (result i32) (do (call $throw (local.get 0))) (delegate $t)))))
      (catch $i (i32.add (i32.const 9)))
      (catch_all (i32.const -9))))

  ;; Nothing in it throws: the arms are never reached.
  (func (export "quiet") (param i32) (result i32)
    (try (result i32) (do (i32.add (local.get 0) (i32.const 1)))
      (catch $i (unreachable))
      (catch_all (try (do (rethrow 1))) (unreachable))))

  ;; Parameters of a try, and values below it.
  (func (export "params") (param i32) (result i32)
    (i32.const 1000)
    (i32.const 500)
    (try (param i32) (result i32)
      (do (i32.add (call $throw (local.get 0))))
      (catch $i)
      (catch_all (i32.const 0)))
    (i32.add)))

(assert_return (invoke "arms" (i32.const 0)) (i32.const 7))
(assert_return (invoke "arms" (i32.const 1)) (i32.const -1))
(assert_return (invoke "arms" (i32.const 2)) (i32.const 21))
(assert_return (invoke "arms" (i32.const 3)) (i32.const 30))
(assert_return (invoke "outer" (i32.const 0)) (i32.const 7))
(assert_return (invoke "outer" (i32.const 1)) (i32.const -5))
(assert_return (invoke "outer" (i32.const 2)) (i32.const 120))
(assert_exception (invoke "outer" (i32.const 3)))
(assert_return (invoke "rethrow" (i32.const 0)) (i32.const 7))
(assert_return (invoke "rethrow" (i32.const 1)) (i32.const 42))
(assert_return (invoke "rethrow" (i32.const 2)) (i32.const 22))
(assert_exception (invoke "rethrow" (i32.const 3)))
(assert_return (invoke "rethrow-outer" (i32.const 0)) (i32.const 7))
(assert_return (invoke "rethrow-outer" (i32.const 1)) (i32.const -1))
(assert_return (invoke "rethrow-outer" (i32.const 2)) (i32.const 23))
(assert_return (invoke "loop-in-arm" (i32.const 0) (i32.const 3)) (i32.const 7))
(assert_return (invoke "loop-in-arm" (i32.const 2) (i32.const 3)) (i32.const 61))
(assert_return (invoke "loop-in-arm" (i32.const 2) (i32.const 40)) (i32.const 320))
(assert_return (invoke "loop-around" (i32.const 1)) (i32.const 0))
(assert_return (invoke "loop-around" (i32.const 4)) (i32.const 69))
(assert_return (invoke "loop-around" (i32.const 12)) (i32.const 6279))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 7))
(assert_return (invoke "delegate" (i32.const 2)) (i32.const 25))
(assert_exception (invoke "delegate" (i32.const 1)))
(assert_return (invoke "delegate-far" (i32.const 2)) (i32.const 26))
(assert_return (invoke "delegate-far" (i32.const 1)) (i32.const -6))
(assert_return (invoke "delegate-out" (i32.const 2)) (i32.const 28))
(assert_exception (invoke "delegate-out" (i32.const 1)))
(assert_return (invoke "delegate-from-arm" (i32.const 0)) (i32.const 7))
(assert_return (invoke "delegate-from-arm" (i32.const 2)) (i32.const 29))
(assert_return (invoke "delegate-from-arm" (i32.const 1)) (i32.const -9))
(assert_return (invoke "quiet" (i32.const 4)) (i32.const 5))
(assert_return (invoke "params" (i32.const 0)) (i32.const 1507))
(assert_return (invoke "params" (i32.const 2)) (i32.const 1020))
(assert_return (invoke "params" (i32.const 1)) (i32.const 1000))
