;; golden: heat=counted memory=checked
;; The memory may have moved when the runtime has been told: a base that is in a register is loaded again.
(module
  (memory 1)
  (func $clear (param $n i32)
    (i32.store (i32.const 0) (i32.const 1))
    (loop $again
      (i32.store (local.get $n) (i32.const 0))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))))

;;; clear
;; IR
;;   heat instance, +84                                       ; 0x1c
;;   bounds_check 0, instance                                 ; 0x21
;;   i32.store 0, memory, 1                                   ; 0x21
;; L1: loop
;;   heat instance, +84                                       ; 0x24
;;   bounds_check $0, instance                                ; 0x2a
;;   i32.store $0, memory, 0                                  ; 0x2a
;;   $0:i32 = i32.sub $0, 4                                   ; 0x31
;;   br_if $0, L1                                             ; 0x34
;;   return ()                                                ; 0x37
;;
;; machine code, 131 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  sub dword ptr [rdi + 0x54], 1
;;   0014  je 0x69
;;   001a  mov r11d, 4
;;   0020  cmp r11, qword ptr [rdi + 0x28]
;;   0024  ja 0x87
;;   002a  mov r10, qword ptr [rdi + 0x20]
;;   002e  mov dword ptr [r10], 1                             ; 0x21 out of bounds memory access
;;   0035  nop word ptr [rax + rax]
;;   003e  nop
;;   0040  sub dword ptr [rdi + 0x54], 1
;;   0044  je 0x76
;;   004a  lea r11, [rsi + 4]
;;   004e  cmp r11, qword ptr [rdi + 0x28]
;;   0052  ja 0x89
;;   0058  mov dword ptr [r10 + rsi], 0                       ; 0x2a out of bounds memory access
;;   0060  sub esi, 4
;;   0063  test esi, esi
;;   0065  jne 0x40
;;   0067  leave
;;   0068  ret
;;   0069  push rdi
;;   006a  push 0
;;   006c  mov r11, qword ptr [rdi + 8]
;;   0070  call qword ptr [r11 + 0x58]                        ; 0x1c
;;   0074  jmp 0x1a
;;   0076  push rdi
;;   0077  push 0
;;   0079  mov r11, qword ptr [rdi + 8]
;;   007d  call qword ptr [r11 + 0x58]                        ; 0x24
;;   0081  mov r10, qword ptr [rdi + 0x20]
;;   0085  jmp 0x4a
;;   0087  ud2                                                ; 0x21 out of bounds memory access
;;   0089  ud2                                                ; 0x2a out of bounds memory access
