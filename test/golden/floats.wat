;; Minimum with NaNs and signed zeros, rounding, and a conversion that traps.
(module
  (func $min (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $nearest (param f32) (result f32) (f32.nearest (local.get 0)))
  (func $truncate (param f64) (result i32) (i32.trunc_f64_s (local.get 0))))
