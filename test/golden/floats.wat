;; Minimum with NaNs and signed zeros, rounding, and a conversion that traps.
(module
  (func $min (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $nearest (param f32) (result f32) (f32.nearest (local.get 0)))
  (func $truncate (param f64) (result i32) (i32.trunc_f64_s (local.get 0))))

;;; min
;; IR
;;   v4:f64 = f64.min $0, $1                                  ; 0x2a
;;   return (v4)                                              ; 0x2b
;;
;; machine code, 41 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  ucomisd xmm0, xmm1
;;   0014  je 0x20
;;   001a  minsd xmm0, xmm1
;;   001e  leave
;;   001f  ret
;;   0020  jp 0x2b
;;   0026  orps xmm0, xmm1
;;   0029  jmp 0x1e
;;   002b  addsd xmm0, xmm1
;;   002f  jmp 0x1e

;;; nearest
;; IR
;;   v3:f32 = f32.nearest $0                                  ; 0x30
;;   return (v3)                                              ; 0x31
;;
;; machine code, 16 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  roundss xmm0, xmm0, 8
;;   0016  leave
;;   0017  ret

;;; truncate
;; IR
;;   v3:i32 = i32.trunc_f64_s $0                              ; 0x36
;;   return (v3)                                              ; 0x37
;;
;; machine code, 48 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  cvttsd2si r11, xmm0
;;   0015  movsxd rax, r11d
;;   0018  cmp rax, r11
;;   001b  jne 0x25
;;   0021  mov eax, eax
;;   0023  leave
;;   0024  ret
;;   0025  ucomisd xmm0, xmm0
;;   0029  jp 0x34
;;   002f  jmp 0x36
;;   0034  ud2                                                ; 0x36 invalid conversion to integer
;;   0036  ud2                                                ; 0x36 integer overflow
