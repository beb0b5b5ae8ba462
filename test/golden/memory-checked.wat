;; golden: memory=checked cpu=host
;; Where memory is not guarded, each access is compared with the memory's size first.
(module
  (memory 1)
  (func $load (param $address i32) (result i32)
    (i32.load offset=8 (local.get $address))))
