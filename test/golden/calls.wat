;; A value that lives over a call stays in a register that calls preserve; several results come back in memory.
(module
  (func $pair (param i64) (result i64 i64)
    (local.get 0) (i64.add (local.get 0) (i64.const 1)))
  (func $use (param i64 i64) (result i64)
    (call $pair (local.get 0))
    i64.mul
    local.get 1
    i64.add))

;;; pair
;; IR
;;   v5:i64 = i64.add $0, 1                                   ; 0x27
;;   field.store64 v3, v5                                     ; 0x28
;;   return ($0)                                              ; 0x28
;;
;; machine code, 20 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  lea rax, [rsi + 1]
;;   0014  mov qword ptr [rdx], rax
;;   0017  mov rax, rsi
;;   001a  leave
;;   001b  ret

;;; use
;; IR
;;   v4:i64 = call instance, +32, ($0)                        ; 0x2d
;;   v5:i64 = call_result +1                                  ; 0x2d
;;   v6:i64 = i64.mul v4, v5                                  ; 0x2f
;;   v7:i64 = i64.add v6, $1                                  ; 0x32
;;   return (v7)                                              ; 0x33
;;
;; machine code, 33 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x40
;;   0010  mov qword ptr [rbp - 0x30], rdx
;;   0014  lea rdx, [rsp]
;;   0018  call qword ptr [rdi + 0x20]                        ; 0x2d
;;   001b  mov rcx, qword ptr [rsp]
;;   001f  imul rax, rcx
;;   0023  add rax, qword ptr [rbp - 0x30]
;;   0027  leave
;;   0028  ret
