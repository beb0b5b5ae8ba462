;; Division needs rax and rdx, and traps by zero and on overflow; shifts by a register have forms without rcx.
(module
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func $shift (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1))))

;;; divide
;; IR
;;   v4:i32 = i32.div_s $0, $1                                ; 0x26
;;   return (v4)                                              ; 0x27
;;
;; machine code, 52 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r11d, edx
;;   0013  mov eax, esi
;;   0015  test r11d, r11d
;;   0018  je 0x38
;;   001e  cmp r11d, -1
;;   0022  je 0x2e
;;   0028  cdq
;;   0029  idiv r11d
;;   002c  leave
;;   002d  ret
;;   002e  neg eax
;;   0030  jo 0x3a
;;   0036  jmp 0x2c
;;   0038  ud2                                                ; 0x26 integer divide by zero
;;   003a  ud2                                                ; 0x26 integer overflow

;;; remainder
;; IR
;;   v4:i64 = i64.rem_u $0, $1                                ; 0x2e
;;   return (v4)                                              ; 0x2f
;;
;; machine code, 35 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r11, rdx
;;   0013  mov rax, rsi
;;   0016  test r11, r11
;;   0019  je 0x29
;;   001f  xor edx, edx
;;   0021  div r11
;;   0024  mov rax, rdx
;;   0027  leave
;;   0028  ret
;;   0029  ud2                                                ; 0x2e integer divide by zero

;;; shift
;; IR
;;   v4:i64 = i64.shl $0, $1                                  ; 0x36
;;   return (v4)                                              ; 0x37
;;
;; machine code, 18 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  shlx rsi, rsi, rdx
;;   0015  mov rax, rsi
;;   0018  leave
;;   0019  ret
