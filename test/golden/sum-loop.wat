;; The variables of the loop stay in registers over its back edge; the comparison is fused with the branch.
(module
  (func $sum (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (local.get $sum)))

;;; sum
;; IR
;; L1: loop
;;   $1:i32 = i32.add $1, $0                                  ; 0x21
;;   $0:i32 = i32.sub $0, 1                                   ; 0x28
;;   v8:i32 = i32.gt_s $0, 0                                  ; 0x2d
;;   br_if v8, L1                                             ; 0x2e
;;   return ($1)                                              ; 0x33
;;
;; machine code, 39 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  xor r10d, r10d
;;   0013  nop word ptr [rax + rax]
;;   001c  nop dword ptr [rax]
;;   0020  add r10d, esi
;;   0023  sub esi, 1
;;   0026  test esi, esi
;;   0028  jg 0x20
;;   002a  mov eax, r10d
;;   002d  leave
;;   002e  ret
