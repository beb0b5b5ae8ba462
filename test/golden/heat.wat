;; golden: heat=counted
;; Counting is two instructions on the way; what happens at 0 lies behind the function. Behind a call
;; the instance is in no register: each turn loads it.
(module
  (func $entry (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $sum (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $after_call (param i32 i32) (result i32)
    (local.set 1 (call $entry (local.get 1)))
    (loop $again
      (local.set 1 (i32.mul (local.get 1) (local.get 1)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))

;;; entry
;; IR
;;   heat instance, +112                                      ; 0x20
;;   v4:i32 = i32.add $0, 1                                   ; 0x25
;;   return (v4)                                              ; 0x26
;;
;; machine code, 38 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  sub dword ptr [rdi + 0x70], 1
;;   0014  je 0x21
;;   001a  add esi, 1
;;   001d  mov eax, esi
;;   001f  leave
;;   0020  ret
;;   0021  push rdi
;;   0022  push 0
;;   0024  mov r11, qword ptr [rdi + 8]
;;   0028  call qword ptr [r11 + 0x58]                        ; 0x20
;;   002c  jmp 0x1a

;;; sum
;; IR
;;   heat instance, +116                                      ; 0x28
;; L1: loop
;;   heat instance, +116                                      ; 0x2b
;;   $1:i32 = i32.add $1, $0                                  ; 0x31
;;   $0:i32 = i32.sub $0, 1                                   ; 0x38
;;   br_if $0, L1                                             ; 0x3b
;;   return ($1)                                              ; 0x40
;;
;; machine code, 75 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  xor r10d, r10d
;;   0013  sub dword ptr [rdi + 0x74], 1
;;   0017  je 0x39
;;   001d  nop dword ptr [rax]
;;   0020  sub dword ptr [rdi + 0x74], 1
;;   0024  je 0x46
;;   002a  add r10d, esi
;;   002d  sub esi, 1
;;   0030  test esi, esi
;;   0032  jne 0x20
;;   0034  mov eax, r10d
;;   0037  leave
;;   0038  ret
;;   0039  push rdi
;;   003a  push 1
;;   003c  mov r11, qword ptr [rdi + 8]
;;   0040  call qword ptr [r11 + 0x58]                        ; 0x28
;;   0044  jmp 0x1d
;;   0046  push rdi
;;   0047  push 1
;;   0049  mov r11, qword ptr [rdi + 8]
;;   004d  call qword ptr [r11 + 0x58]                        ; 0x2b
;;   0051  jmp 0x2a

;;; after_call
;; IR
;;   heat instance, +120                                      ; 0x42
;;   $1:i32 = call instance, +32, ($1)                        ; 0x45
;; L1: loop
;;   heat instance, +120                                      ; 0x49
;;   $1:i32 = i32.mul $1, $1                                  ; 0x4f
;;   $0:i32 = i32.sub $0, 1                                   ; 0x56
;;   br_if $0, L1                                             ; 0x59
;;   return ($1)                                              ; 0x5e
;;
;; machine code, 92 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x40
;;   0010  sub dword ptr [rdi + 0x78], 1
;;   0014  je 0x4a
;;   001a  mov dword ptr [rbp - 0x30], esi
;;   001d  mov qword ptr [rbp - 0x38], rdi
;;   0021  mov esi, edx
;;   0023  call qword ptr [rdi + 0x20]                        ; 0x45
;;   0026  mov esi, dword ptr [rbp - 0x30]
;;   0029  nop dword ptr [rax]
;;   0030  mov rdi, qword ptr [rbp - 0x38]
;;   0034  sub dword ptr [rdi + 0x78], 1
;;   0038  je 0x57
;;   003e  imul eax, eax
;;   0041  sub esi, 1
;;   0044  test esi, esi
;;   0046  jne 0x30
;;   0048  leave
;;   0049  ret
;;   004a  push rdi
;;   004b  push 2
;;   004d  mov r11, qword ptr [rdi + 8]
;;   0051  call qword ptr [r11 + 0x58]                        ; 0x42
;;   0055  jmp 0x1a
;;   0057  push rdi
;;   0058  push 2
;;   005a  mov r11, qword ptr [rdi + 8]
;;   005e  call qword ptr [r11 + 0x58]                        ; 0x49
;;   0062  jmp 0x3e
