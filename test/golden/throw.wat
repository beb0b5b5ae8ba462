;; A throw stores what the exception carries in the ExecEnv's slots and calls the runtime, which finds the pad.
(module
  (tag $none)
  (tag $all (param i32 i64 f64))
  (func $throws (param $a i32) (param $b i64) (param $c f64)
    (throw $all (local.get $a) (local.get $b) (local.get $c)))
  (func $cold (param $a i32) (result i32)
    (if (i32.eqz (local.get $a)) (then (throw $none)))
    (local.get $a))
  (func $again (param $a i32) (result i32)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $throws (local.get $a) (i64.const 1) (f64.const 2)))
      (return (local.get $a)))
    (throw_ref)))

;;; throws
;; IR
;;   v5:i64 = field.load64 instance                           ; 0x31
;;   field.store32 v5, $0, +336                               ; 0x31
;;   field.store64 v5, $1, +344                               ; 0x31
;;   field.store_f64 v5, $2, +352                             ; 0x31
;;   v6:i32 = field.load32 instance, +24                      ; 0x31
;;   call_builtin instance, +96, (v6, 1)                      ; 0x31
;;   trap trap 1                                              ; 0x31
;;
;; machine code, 54 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov rax, qword ptr [rdi]
;;   0013  mov dword ptr [rax + 0x150], esi
;;   0019  mov qword ptr [rax + 0x158], rdx
;;   0020  movsd qword ptr [rax + 0x160], xmm0
;;   0028  mov eax, dword ptr [rdi + 0x18]
;;   002b  mov r11, qword ptr [rdi + 8]
;;   002f  mov edi, eax
;;   0031  mov esi, 1
;;   0036  call qword ptr [r11 + 0x60]                        ; 0x31
;;   003a  ud2                                                ; 0x31 unreachable
;;   003c  leave
;;   003d  ret

;;; cold
;; IR
;;   v3:i32 = i32.eqz $0                                      ; 0x38
;;   br_if v3, L2 unless                                      ; 0x39
;;   v4:i32 = field.load32 instance, +24                      ; 0x3b
;;   call_builtin instance, +96, (v4, 0)                      ; 0x3b
;;   trap trap 1                                              ; 0x3b
;; L2:
;;   return ($0)                                              ; 0x40
;;
;; machine code, 40 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  test esi, esi
;;   0012  jne 0x2c
;;   0018  mov eax, dword ptr [rdi + 0x18]
;;   001b  mov r11, qword ptr [rdi + 8]
;;   001f  mov edi, eax
;;   0021  mov esi, 0
;;   0026  call qword ptr [r11 + 0x60]                        ; 0x3b
;;   002a  ud2                                                ; 0x3b unreachable
;;   002c  mov eax, esi
;;   002e  leave
;;   002f  ret

;;; again
;; IR
;;   try_call instance, +48, ($0, 1, 2d), pad L3              ; 0x57
;;   br L2                                                    ; 0x59
;; L3:
;;   v5:i64 = field.load64 instance                           ; 0x59
;;   v6:i64 = field.load64 v5, +224                           ; 0x59
;;   v8:i64 = field.load64 v5, +216                           ; 0x59
;;   br L1                                                    ; 0x59
;; L2:
;;   return ($0)                                              ; 0x5c
;; L1:
;;   v9:i32 = i64.eqz v8                                      ; 0x5e
;;   trap_if v9, trap 16                                      ; 0x5e
;;   v10:i32 = field.load32 instance, +24                     ; 0x5e
;;   call_builtin instance, +104, (v10, v8)                   ; 0x5e
;;   trap trap 1                                              ; 0x5e
;;
;; machine code, 112 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x40
;;   0010  mov dword ptr [rbp - 0x30], esi
;;   0013  mov qword ptr [rbp - 0x38], rdi
;;   0017  mov edx, 1
;;   001c  movsd xmm0, qword ptr [rip + 0x4c]
;;   0024  call qword ptr [rdi + 0x30]                        ; 0x57
;;   0027  jmp 0x46
;;   002c  mov rdi, qword ptr [rbp - 0x38]
;;   0030  mov rax, qword ptr [rdi]
;;   0033  mov rcx, qword ptr [rax + 0xe0]
;;   003a  mov rax, qword ptr [rax + 0xd8]
;;   0041  jmp 0x4e
;;   0046  mov eax, dword ptr [rbp - 0x30]
;;   0049  jmp 0x69
;;   004e  test rax, rax
;;   0051  je 0x6b
;;   0057  mov ecx, dword ptr [rdi + 0x18]
;;   005a  mov r11, qword ptr [rdi + 8]
;;   005e  mov rsi, rax
;;   0061  mov edi, ecx
;;   0063  call qword ptr [r11 + 0x68]                        ; 0x5e
;;   0067  ud2                                                ; 0x5e unreachable
;;   0069  leave
;;   006a  ret
;;   006b  ud2                                                ; 0x5e null exception reference
