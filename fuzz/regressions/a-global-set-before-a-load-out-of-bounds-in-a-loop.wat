;; generator binaryen, seed 778300
;; reduced from 2310 to 1363 bytes in 409 tries
;; llvm: imports differ: "func_22", call 0 of an import
;;   expected log-i32(i32:0)
;;   found none
;; the stack may be exhausted
;; call "func_23_invoker"
;; call "func_27"
;; call "func"
;; call "func_invoker"
;; call "func_8"
;; call "func_8_invoker"
;; call "func_11_invoker"
;; call "func_13" i64:0xfffffffffffeffff i64:0x7ffffffffffffff f64:0xfff0000000000000 i32:0x9a61cdb4
;; call "func_14_invoker"
;; call "func_16"
;; call "func_16_invoker"
;; call "func_19"
;; call "func_19_invoker"
;; call "func_21" i64:0xa3f5beef9e75d8e6 i64:0x7fffffffffffffff
;; call "func_22"
(module
  (type (;0;) (func))
  (type (;1;) (func (param i64 i64) (result i32)))
  (type (;2;) (func (result i64)))
  (type (;3;) (func (result f64 funcref)))
  (type (;4;) (func (param f32 i64) (result i64)))
  (type (;5;) (func (param i32 f32 externref) (result f32)))
  (type (;6;) (func (result f64)))
  (type (;7;) (func (result f32 i64 i32 i64)))
  (type (;8;) (func (result f32 funcref f64 i64 i32)))
  (type (;9;) (func (result i32 i32 f32)))
  (type (;10;) (func (param i32)))
  (type (;11;) (func (param i64)))
  (type (;12;) (func (param f32)))
  (type (;13;) (func (param f64)))
  (type (;14;) (func (param i32 i32)))
  (type (;15;) (func (param funcref) (result i32)))
  (type (;16;) (func (param i64 i64 f64 i32) (result f32)))
  (type (;17;) (func (param i32 i32) (result f32 i64 i32 f64)))
  (type (;18;) (func (param f32 f64 f32 f64 i32) (result externref)))
  (type (;19;) (func (param f32) (result funcref)))
  (type (;20;) (func (result f32)))
  (type (;21;) (func (param i32) (result f64)))
  (type (;22;) (func (param f32) (result f32)))
  (type (;23;) (func (param f64) (result f64)))
  (import "__fuzz_import" "extern$" (global (;0;) externref))
  (import "fuzzing-support" "log-i32" (func (;0;) (type 10)))
  (import "fuzzing-support" "log-i64" (func (;1;) (type 11)))
  (import "fuzzing-support" "log-f32" (func (;2;) (type 12)))
  (import "fuzzing-support" "log-f64" (func (;3;) (type 13)))
  (import "fuzzing-support" "call-export" (func (;4;) (type 14)))
  (import "fuzzing-support" "call-ref-catch" (func (;5;) (type 15)))
  (func (;6;) (type 2) (result i64)
    (local f64 f64 f64 f64 f64 i32 i32 i32 i32 i32 i32 i32 i32 i32 f32 f32 f32 f32 f32 f32 f32 f32 i64 i64 i64 i64 funcref funcref funcref externref externref)
    global.get 5
    i32.eqz
    if  ;; label = @1
      i32.const 23
      global.set 5
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    i64.const 0
    return)
  (func (;7;) (type 0)
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    call 6
    drop
    call 6
    drop
    call 6
    drop
    call 6
    drop
    call 6
    drop
    call 6
    drop
    call 6
    drop)
  (func (;8;) (type 0)
    (local funcref i32 i32 i32 i64 f64)
    global.get 5
    i32.eqz
    if  ;; label = @1
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    i32.const 0
    call 0)
  (func (;9;) (type 0)
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    call 8
    call 8)
  (func (;10;) (type 2) (result i64)
    i64.const 0)
  (func (;11;) (type 6) (result f64)
    (local f64 f64 i64 i64 i64 i32 i32 f32 f32 funcref)
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    f64.const 0x0p+0 (;=0;))
  (func (;12;) (type 0)
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    call 11
    drop)
  (func (;13;) (type 16) (param i64 i64 f64 i32) (result f32)
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    unreachable)
  (func (;14;) (type 17) (param i32 i32) (result f32 i64 i32 f64)
    (local i32 i32 i64 f64)
    unreachable)
  (func (;15;) (type 0))
  (func (;16;) (type 0)
    (local f64 i32 f32 f32 i64))
  (func (;17;) (type 0))
  (func (;18;) (type 18) (param f32 f64 f32 f64 i32) (result externref)
    ref.null extern)
  (func (;19;) (type 19) (param f32) (result funcref)
    (local i64)
    unreachable)
  (func (;20;) (type 0))
  (func (;21;) (type 1) (param i64 i64) (result i32)
    (local i32 f64 funcref)
    i32.const 0
    global.set 5
    loop (result i32)  ;; label = @1
      global.get 5
      i32.const 1
      i32.sub
      global.set 5
      i32.const 0
      i32.load offset=2 align=1
      i32.load16_s offset=4 align=1
      br_if 0 (;@1;)
      i32.const 0
    end)
  (func (;22;) (type 20) (result f32)
    global.get 5
    i32.eqz
    if  ;; label = @1
      i32.const 23
      global.set 5
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    i32.const -1925161149
    call 0
    f32.const 0x0p+0 (;=0;)
    return)
  (func (;23;) (type 21) (param i32) (result f64)
    (local f64)
    global.get 5
    i32.eqz
    if  ;; label = @1
      i32.const 23
      global.set 5
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    f64.const 0x0p+0 (;=0;)
    f64.const 0x1p+64 (;=1.84467e+19;)
    f64.mul
    call 29)
  (func (;24;) (type 0)
    global.get 5
    i32.eqz
    if  ;; label = @1
      i32.const 23
      global.set 5
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    i32.const -81
    call 23
    call 29
    drop
    i32.const -32767
    call 23
    call 29
    drop
    i32.const -45
    call 23
    call 29
    drop
    i32.const 40
    call 23
    call 29
    drop)
  (func (;25;) (type 6) (result f64)
    f64.const 0x0p+0 (;=0;))
  (func (;26;) (type 4) (param f32 i64) (result i64)
    i64.const 0)
  (func (;27;) (type 5) (param i32 f32 externref) (result f32)
    (local i64 i64 i64 i64 i64 i64 i64 i64 f64 f64 f32 f32 i32 i32 i32 i32 externref funcref funcref funcref funcref funcref)
    local.get 1
    call 28
    local.set 1
    global.get 5
    i32.eqz
    if  ;; label = @1
      i32.const 23
      global.set 5
      unreachable
    end
    global.get 5
    i32.const 1
    i32.sub
    global.set 5
    ref.func 27
    local.set 23
    local.get 17
    local.tee 0
    i32.eqz
    if (result f32)  ;; label = @1
      block (result i32)  ;; label = @2
        block  ;; label = @3
          global.get 5
          i32.eqz
          if  ;; label = @4
            i32.const 23
            global.set 5
            unreachable
          end
          global.get 5
          i32.const 1
          i32.sub
          global.set 5
          ref.func 13
          call 5
          i32.const 15
          i32.and
          drop
          local.get 17
          local.get 17
          br_if 1 (;@2;)
          if  ;; label = @4
            block  ;; label = @5
              nop
              local.get 0
              br_if 0 (;@5;)
            end
          else
            block  ;; label = @5
              call 7
              local.get 13
              return
            end
            unreachable
          end
          block  ;; label = @4
            ref.func 27
            ref.is_null
            i32.const 15
            i32.and
            f64.load offset=3
            call 29
            local.get 12
            f64.gt
            local.tee 0
            i32.eqz
            if  ;; label = @5
              local.get 17
              i32.const 15
              i32.and
              local.get 5
              i64.store offset=22 align=2
            else
              nop
              loop  ;; label = @6
                global.get 5
                i32.eqz
                if  ;; label = @7
                  i32.const 23
                  global.set 5
                  unreachable
                end
                global.get 5
                i32.const 1
                i32.sub
                global.set 5
                local.get 17
                drop
                local.get 0
                i32.extend16_s
                drop
                i32.const -81
                i32.eqz
                if (result i64)  ;; label = @7
                  i32.const 655950680
                  local.get 0
                  local.get 0
                  memory.fill
                  br 1 (;@6;)
                else
                  i32.const -16777216
                  i32.eqz
                  drop
                  i32.const -5942261
                  br_if 1 (;@6;)
                  br 3 (;@4;)
                end
                local.set 8
                loop  ;; label = @7
                  global.get 5
                  i32.eqz
                  if  ;; label = @8
                    i32.const 23
                    global.set 5
                    unreachable
                  end
                  global.get 5
                  i32.const 1
                  i32.sub
                  global.set 5
                  nop
                  br 4 (;@3;)
                end
                unreachable
              end
              unreachable
            end
          end
          local.get 12
          local.tee 12
          local.tee 12
          local.set 12
          br 0 (;@3;)
        end
        block (result i32)  ;; label = @3
          nop
          i32.const -13247
          local.get 0
          f32.const -0x1p+32 (;=-4.29497e+09;)
          local.get 2
          call 27
          call 28
          local.tee 13
          i32.trunc_f32_s
          i32.add
          drop
          local.get 17
        end
      end
      local.tee 17
      local.set 17
      local.get 13
      drop
      local.get 22
      local.set 22
      global.get 4
      call 28
      return
    else
      local.get 1
    end)
  (func (;28;) (type 22) (param f32) (result f32)
    f32.const 0x0p+0 (;=0;))
  (func (;29;) (type 23) (param f64) (result f64)
    f64.const 0x0p+0 (;=0;))
  (memory (;0;) 16 17)
  (global (;1;) i64 (i64.const 0))
  (global (;2;) (mut i32) (i32.const 0))
  (global (;3;) i64 (i64.const 0))
  (global (;4;) (mut f32) (f32.const 0x0p+0 (;=0;)))
  (global (;5;) (mut i32) (i32.const 23))
  (export "func" (func 6))
  (export "func_invoker" (func 7))
  (export "func_8" (func 6))
  (export "func_8_invoker" (func 9))
  (export "func_11_invoker" (func 12))
  (export "func_13" (func 13))
  (export "func_14_invoker" (func 12))
  (export "func_16" (func 6))
  (export "func_16_invoker" (func 12))
  (export "func_19" (func 6))
  (export "func_19_invoker" (func 7))
  (export "func_21" (func 21))
  (export "func_22" (func 8))
  (export "func_23_invoker" (func 7))
  (export "func_27" (func 7))
  (elem (;0;) declare func 5 10 14 20 25 27 8 0)
  (data (;0;) (i32.const 0) "x\e9q\d7\0c\1c\0d>\d1T5\8dw\c2w\da\f5v"))
