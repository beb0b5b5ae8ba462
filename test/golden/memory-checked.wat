;; golden: memory=checked cpu=host
;; Where memory is not guarded, each access is compared with the memory's size first.
(module
  (memory 1)
  (func $load (param $address i32) (result i32)
    (i32.load offset=8 (local.get $address))))

;;; load
;; IR
;;   bounds_check $0, instance, +8                            ; 0x20
;;   v3:i32 = i32.load $0, memory, +8                         ; 0x20
;;   return (v3)                                              ; 0x23
;;
;; machine code, 35 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  lea r11, [rsi + 0xc]
;;   0014  cmp r11, qword ptr [rdi + 0x28]
;;   0018  ja 0x29
;;   001e  mov r10, qword ptr [rdi + 0x20]
;;   0022  mov eax, dword ptr [r10 + rsi + 8]                 ; 0x20 out of bounds memory access
;;   0027  leave
;;   0028  ret
;;   0029  ud2                                                ; 0x20 out of bounds memory access
