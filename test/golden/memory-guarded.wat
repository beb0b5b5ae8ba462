;; Accesses carry their offset in the operand and no check: the guard pages see to the bounds.
(module
  (memory 1)
  (func $copy_word (param $from i32) (param $to i32)
    (i32.store offset=4 (local.get $to) (i32.load offset=8 (local.get $from))))
  (func $array_element (param $base i32) (param $index i32) (result i64)
    (i64.load offset=16 (i32.add (local.get $base) (i32.shl (local.get $index) (i32.const 3))))))

;;; copy_word
;; IR
;;   v4:i32 = i32.load $0, memory, +8                         ; 0x29
;;   i32.store $1, memory, v4, +4                             ; 0x2c
;;   return ()                                                ; 0x2f
;;
;; machine code, 24 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r10, qword ptr [rdi + 0x20]
;;   0014  mov eax, dword ptr [r10 + rsi + 8]                 ; 0x29 out of bounds memory access
;;   0019  mov dword ptr [r10 + rdx + 4], eax                 ; 0x2c out of bounds memory access
;;   001e  leave
;;   001f  ret

;;; array_element
;; IR
;;   v5:i32 = i32.shl $1, 3                                   ; 0x38
;;   v6:i32 = i32.add $0, v5                                  ; 0x39
;;   v7:i64 = i64.load v6, memory, +16                        ; 0x3a
;;   return (v7)                                              ; 0x3d
;;
;; machine code, 22 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  lea esi, [rsi + rdx*8]
;;   0013  mov r10, qword ptr [rdi + 0x20]
;;   0017  mov rax, qword ptr [r10 + rsi + 0x10]              ; 0x3a out of bounds memory access
;;   001c  leave
;;   001d  ret
