;; golden: memory=guarded cpu=baseline
;; Without BMI2, shifts by a register go through rcx; without LZCNT, bsr has a case of its own for zero.
(module
  (func $leading_zeros (param i32) (result i32) (i32.clz (local.get 0)))
  (func $shift (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1))))

;;; leading_zeros
;; IR
;;   v3:i32 = i32.clz $0                                      ; 0x22
;;   return (v3)                                              ; 0x23
;;
;; machine code, 28 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r11d, 0x3f
;;   0016  bsr esi, esi
;;   0019  cmove esi, r11d
;;   001d  xor esi, 0x1f
;;   0020  mov eax, esi
;;   0022  leave
;;   0023  ret

;;; shift
;; IR
;;   v4:i64 = i64.shl $0, $1                                  ; 0x2a
;;   return (v4)                                              ; 0x2b
;;
;; machine code, 19 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov rcx, rdx
;;   0013  shl rsi, cl
;;   0016  mov rax, rsi
;;   0019  leave
;;   001a  ret
