;; A tail call moves its arguments, leaves the frame and jumps. Stack arguments go through the ExecEnv's slots.
(module
  (type $step (func (param i32 i64) (result i64)))
  (type $wide (func (param i64 i64 i64 i64 i64 i64 f64) (result i64)))
  (table 4 funcref)
  (func $swap (param i64 i64) (result i64) (return_call $swap (local.get 1) (local.get 0)))
  (func $dispatch (type $step)
    (return_call_indirect (type $step) (i32.add (local.get 0) (i32.const 1)) (local.get 1) (local.get 0)))
  (func $grow (param i64 f64) (result i64)
    (return_call $wide (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (local.get 0) (local.get 1)))
  (func $wide (type $wide) (i64.add (local.get 0) (local.get 5)))
  (func $saved (param i64) (result i64) (local i64)
    (local.set 1 (call $saved (local.get 0)))
    (if (i64.eqz (local.get 1)) (then (return_call $swap (local.get 0) (local.get 1))))
    (local.get 0)))

;;; swap
;; IR
;;   return_call instance, +48, ($1, $0)                      ; 0x44
;;
;; machine code, 17 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  xchg rsi, rdx
;;   0013  leave
;;   0014  jmp qword ptr [rdi + 0x30]                         ; 0x44
;;   0017  leave
;;   0018  ret

;;; dispatch
;; IR
;;   v5:i32 = i32.add $0, 1                                   ; 0x4d
;;   v6:i32 = field.load32 instance, +40                      ; 0x52
;;   v7:i32 = i32.ge_u $0, v6                                 ; 0x52
;;   trap_if v7, trap 4                                       ; 0x52
;;   v8:i64 = field.load64 instance, +32                      ; 0x52
;;   v9:i64 = element.load v8, $0                             ; 0x52
;;   v10:i32 = i64.eqz v9                                     ; 0x52
;;   trap_if v10, trap 5                                      ; 0x52
;;   v11:i32 = field.load32 v9, +16                           ; 0x52
;;   v12:i32 = field.load32 instance, +168                    ; 0x52
;;   v13:i32 = i32.ne v11, v12                                ; 0x52
;;   trap_if v13, trap 6                                      ; 0x52
;;   return_call_record v9, instance, +2, (v5, $1)            ; 0x52
;;
;; machine code, 84 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  lea eax, [rsi + 1]
;;   0013  cmp esi, dword ptr [rdi + 0x28]
;;   0016  jae 0x56
;;   001c  mov rcx, qword ptr [rdi + 0x20]
;;   0020  mov rcx, qword ptr [rcx + rsi*8]
;;   0024  test rcx, rcx
;;   0027  je 0x58
;;   002d  mov esi, dword ptr [rcx + 0x10]
;;   0030  cmp esi, dword ptr [rdi + 0xa8]
;;   0036  jne 0x5a
;;   003c  mov esi, eax
;;   003e  mov rax, rcx
;;   0041  cmp rdi, qword ptr [rax + 8]
;;   0045  jne 0x50
;;   004b  leave
;;   004c  jmp qword ptr [rax]                                ; 0x52
;;   004e  leave
;;   004f  ret
;;   0050  mov rdi, qword ptr [rax + 8]
;;   0054  jmp 0x4b
;;   0056  ud2                                                ; 0x52 undefined element
;;   0058  ud2                                                ; 0x52 uninitialized element
;;   005a  ud2                                                ; 0x52 indirect call type mismatch

;;; grow
;; IR
;;   return_call instance, +120, ($0, 1, 2, 3, 4, $0, $1)     ; 0x66
;;
;; machine code, 84 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov rax, qword ptr [rdi]
;;   0013  mov qword ptr [rax + 0x150], rsi
;;   001a  lea r11, [rdi + 0x78]
;;   001e  mov qword ptr [rax + 0x130], r11
;;   0025  mov dword ptr [rax + 0x138], 1
;;   002f  mov dword ptr [rax + 0x13c], 0
;;   0039  mov edx, 1
;;   003e  mov ecx, 2
;;   0043  mov r8d, 3
;;   0049  mov r9d, 4
;;   004f  mov r11, qword ptr [rdi]
;;   0052  leave
;;   0053  jmp qword ptr [r11 + 0x140]                        ; 0x66
;;   005a  leave
;;   005b  ret

;;; wide
;; IR
;;   v9:i64 = i64.add $0, $5                                  ; 0x6f
;;   return (v9)                                              ; 0x70
;;
;; machine code, 17 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  add rsi, qword ptr [rbp + 0x10]
;;   0014  mov rax, rsi
;;   0017  leave
;;   0018  ret

;;; saved
;; IR
;;   $1:i64 = call instance, +144, ($0)                       ; 0x77
;;   v5:i32 = i64.eqz $1                                      ; 0x7d
;;   br_if v5, L2 unless                                      ; 0x7e
;;   return_call instance, +48, ($0, $1)                      ; 0x84
;; L2:
;;   return ($0)                                              ; 0x89
;;
;; machine code, 57 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x40
;;   0010  mov qword ptr [rbp - 0x30], rsi
;;   0014  mov qword ptr [rbp - 0x38], rdi
;;   0018  call qword ptr [rdi + 0x90]                        ; 0x77
;;   001e  test rax, rax
;;   0021  jne 0x37
;;   0027  mov rdx, rax
;;   002a  mov rdi, qword ptr [rbp - 0x38]
;;   002e  mov rsi, qword ptr [rbp - 0x30]
;;   0032  jmp 0x3d
;;   0037  mov rax, qword ptr [rbp - 0x30]
;;   003b  leave
;;   003c  ret
;;   003d  leave
;;   003e  jmp qword ptr [rdi + 0x30]                         ; 0x84
