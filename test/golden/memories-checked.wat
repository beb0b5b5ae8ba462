;; golden: memory=checked cpu=host
;; A second memory is reached through its own fields; each access is compared with the size of its memory.
(module
  (memory 1)
  (memory $second 1)
  (memory $wide i64 1)
  (func $load (param $address i32) (result i32)
    (i32.load $second offset=8 (local.get $address)))
  (func $copy (param $from i32) (param $to i32)
    (i64.store 0 (local.get $to) (i64.load $second (local.get $from))))
  (func $wide_load (param $address i64) (result i64)
    (i64.load $wide offset=8 (local.get $address)))
  (func $wide_store (param $address i64) (param $value i32)
    (i32.store8 $wide offset=0x100000000 (local.get $address) (local.get $value)))
  (func $constant (result i32)
    (i32.load $wide (i64.const 16))))

;;; load
;; IR
;;   v3:i64 = i64.extend_i32_u $0                             ; 0x3b
;;   v5:i64 = i64.add v3, 12                                  ; 0x3b
;;   v6:i64 = field.load64 instance, +64                      ; 0x3b
;;   v7:i32 = i64.gt_u v5, v6                                 ; 0x3b
;;   trap_if v7, trap 2                                       ; 0x3b
;;   v8:i64 = field.load64 instance, +56                      ; 0x3b
;;   v9:i32 = i32.load $0, v8, +8                             ; 0x3b
;;   return (v9)                                              ; 0x3f
;;
;; machine code, 36 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov eax, esi
;;   0012  add rax, 0xc
;;   0016  cmp rax, qword ptr [rdi + 0x40]
;;   001a  ja 0x2a
;;   0020  mov rax, qword ptr [rdi + 0x38]
;;   0024  mov eax, dword ptr [rax + rsi + 8]                 ; 0x3b out of bounds memory access
;;   0028  leave
;;   0029  ret
;;   002a  ud2                                                ; 0x3b out of bounds memory access

;;; copy
;; IR
;;   v4:i64 = i64.extend_i32_u $0                             ; 0x46
;;   v6:i64 = i64.add v4, 8                                   ; 0x46
;;   v7:i64 = field.load64 instance, +64                      ; 0x46
;;   v8:i32 = i64.gt_u v6, v7                                 ; 0x46
;;   trap_if v8, trap 2                                       ; 0x46
;;   v9:i64 = field.load64 instance, +56                      ; 0x46
;;   v10:i64 = i64.load $0, v9                                ; 0x46
;;   bounds_check $1, instance                                ; 0x4a
;;   i64.store $1, memory, v10                                ; 0x4a
;;   return ()                                                ; 0x4d
;;
;; machine code, 60 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov eax, esi
;;   0012  add rax, 8
;;   0016  cmp rax, qword ptr [rdi + 0x40]
;;   001a  ja 0x40
;;   0020  mov rax, qword ptr [rdi + 0x38]
;;   0024  mov rax, qword ptr [rax + rsi]                     ; 0x46 out of bounds memory access
;;   0028  lea r11, [rdx + 8]
;;   002c  cmp r11, qword ptr [rdi + 0x28]
;;   0030  ja 0x42
;;   0036  mov r10, qword ptr [rdi + 0x20]
;;   003a  mov qword ptr [r10 + rdx], rax                     ; 0x4a out of bounds memory access
;;   003e  leave
;;   003f  ret
;;   0040  ud2                                                ; 0x46 out of bounds memory access
;;   0042  ud2                                                ; 0x4a out of bounds memory access

;;; wide_load
;; IR
;;   bounds_check64 $0, instance, +16                         ; 0x52
;;   v3:i64 = field.load64 instance, +80                      ; 0x52
;;   v4:i64 = i64.load $0, v3, +8                             ; 0x52
;;   return (v4)                                              ; 0x56
;;
;; machine code, 44 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r11, rsi
;;   0013  add r11, 0x10
;;   0017  jb 0x32
;;   001d  cmp r11, qword ptr [rdi + 0x58]
;;   0021  ja 0x32
;;   0027  mov rax, qword ptr [rdi + 0x50]
;;   002b  mov rax, qword ptr [rax + rsi + 8]                 ; 0x52 out of bounds memory access
;;   0030  leave
;;   0031  ret
;;   0032  ud2                                                ; 0x52 out of bounds memory access

;;; wide_store
;; IR
;;   v5:i64 = i64.add $0, 4294967296                          ; 0x5d
;;   v6:i32 = i64.lt_u v5, 4294967296                         ; 0x5d
;;   trap_if v6, trap 2                                       ; 0x5d
;;   bounds_check64 v5, instance, +1                          ; 0x5d
;;   v7:i64 = field.load64 instance, +80                      ; 0x5d
;;   i32.store8 v5, v7, $1                                    ; 0x5d
;;   return ()                                                ; 0x65
;;
;; machine code, 64 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  movabs rax, 0x100000000
;;   001a  add rsi, rax
;;   001d  cmp rsi, rax
;;   0020  jb 0x46
;;   0026  mov r11, rsi
;;   0029  add r11, 1
;;   002d  jb 0x46
;;   0033  cmp r11, qword ptr [rdi + 0x58]
;;   0037  ja 0x46
;;   003d  mov rax, qword ptr [rdi + 0x50]
;;   0041  mov byte ptr [rax + rsi], dl                       ; 0x5d out of bounds memory access
;;   0044  leave
;;   0045  ret
;;   0046  ud2                                                ; 0x5d out of bounds memory access

;;; constant
;; IR
;;   bounds_check64 16, instance, +4                          ; 0x6a
;;   v3:i64 = field.load64 instance, +80                      ; 0x6a
;;   v4:i32 = i32.load 16, v3                                 ; 0x6a
;;   return (v4)                                              ; 0x6e
;;
;; machine code, 35 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r11d, 0x14
;;   0016  cmp r11, qword ptr [rdi + 0x58]
;;   001a  ja 0x29
;;   0020  mov rax, qword ptr [rdi + 0x50]
;;   0024  mov eax, dword ptr [rax + 0x10]                    ; 0x6a out of bounds memory access
;;   0027  leave
;;   0028  ret
;;   0029  ud2                                                ; 0x6a out of bounds memory access
