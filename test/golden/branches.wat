;; Comparisons of integers and of floats as conditions, and a table of branches.
(module
  (func $integer (param i32 i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $float (param f64 f64) (result i32)
    (if (result i32) (f64.lt (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $choose (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30)))

;;; integer
;; IR
;;   v4:i32 = i32.lt_u $0, $1                                 ; 0x2b
;;   br_if v4, L2 unless                                      ; 0x2c
;;   v6:i32 = mov 1                                           ; 0x30
;;   br L1                                                    ; 0x30
;; L2:
;;   v6:i32 = mov 2                                           ; 0x33
;; L1:
;;   return (v6)                                              ; 0x34
;;
;; machine code, 33 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  cmp esi, edx
;;   0012  jae 0x22
;;   0018  mov eax, 1
;;   001d  jmp 0x27
;;   0022  mov eax, 2
;;   0027  leave
;;   0028  ret

;;; float
;; IR
;;   v4:i32 = f64.lt $0, $1                                   ; 0x3b
;;   br_if v4, L2 unless                                      ; 0x3c
;;   v6:i32 = mov 1                                           ; 0x40
;;   br L1                                                    ; 0x40
;; L2:
;;   v6:i32 = mov 2                                           ; 0x43
;; L1:
;;   return (v6)                                              ; 0x44
;;
;; machine code, 35 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  ucomisd xmm1, xmm0
;;   0014  jbe 0x24
;;   001a  mov eax, 1
;;   001f  jmp 0x29
;;   0024  mov eax, 2
;;   0029  leave
;;   002a  ret

;;; choose
;; IR
;;   br_table $0, L3 L2 L1                                    ; 0x4f
;; L3:
;;   return (10)                                              ; 0x57
;; L2:
;;   return (20)                                              ; 0x5b
;; L1:
;;   return (30)                                              ; 0x5f
;;
;; machine code, 57 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  test esi, esi
;;   0012  je 0x26
;;   0018  cmp esi, 1
;;   001b  je 0x30
;;   0021  jmp 0x3a
;;   0026  mov eax, 0xa
;;   002b  jmp 0x3f
;;   0030  mov eax, 0x14
;;   0035  jmp 0x3f
;;   003a  mov eax, 0x1e
;;   003f  leave
;;   0040  ret
