;; Parameters arrive in registers and the result leaves in rax; nothing is stored.
(module
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func $constant_folds (result i64)
    (i64.add (i64.mul (i64.const 6) (i64.const 7)) (i64.const 100))))

;;; add
;; IR
;;   v4:i32 = i32.add $0, $1                                  ; 0x2c
;;   return (v4)                                              ; 0x2d
;;
;; machine code, 14 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  add esi, edx
;;   0012  mov eax, esi
;;   0014  leave
;;   0015  ret

;;; constant_folds
;; IR
;;   v4:i64 = i64.mul 6, 7                                    ; 0x34
;;   v6:i64 = i64.add v4, 100                                 ; 0x38
;;   return (v6)                                              ; 0x39
;;
;; machine code, 23 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov eax, 6
;;   0015  imul rax, rax, 7
;;   0019  add rax, 0x64
;;   001d  leave
;;   001e  ret
