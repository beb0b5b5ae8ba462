;; golden: cpu=sse41
;; SSE4.1 overwrites the first operand, and takes 16 bytes from memory only where they are aligned: constants.
(module
  (memory 1)
  (func $saxpy (param $to i32) (param $from i32) (param $end i32) (param $factor f32)
    (local $factors v128)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (loop $next
      (v128.store (local.get $to)
        (f32x4.add (f32x4.mul (local.get $factors) (v128.load (local.get $from))) (v128.load (local.get $to))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $end)))))

  (func $sum_of_bytes (param $from i32) (param $end i32) (result i32)
    (local $sum v128)
    (loop $next
      (local.set $sum
        (i32x4.add (local.get $sum)
          (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $from))))))
      (br_if $next (i32.ne (local.tee $from (i32.add (local.get $from) (i32.const 4))) (local.get $end))))
    (local.set $sum
      (i32x4.add (local.get $sum)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 0 1 2 3 (local.get $sum) (local.get $sum))))
    (i32x4.extract_lane 0
      (i32x4.add (local.get $sum)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 0 1 2 3 0 1 2 3 (local.get $sum) (local.get $sum)))))

  (func $find (param $from i32) (param $byte i32) (result i32)
    (local $bytes v128) (local $found v128)
    (local.set $bytes (i8x16.splat (local.get $byte)))
    (block $out
      (loop $next
        (br_if $out
          (v128.any_true
            (local.tee $found (i8x16.eq (v128.load (local.get $from)) (local.get $bytes)))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next)))
    (i32.add (local.get $from) (i32.ctz (i8x16.bitmask (local.get $found)))))

  (func $skip_blanks (param $from i32) (result i32)
    (loop $next
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next
        (i8x16.all_true
          (i8x16.eq (v128.load (local.get $from))
            (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32)))))
    (local.get $from))

  (func $lanes (param $at i32)
    (v128.store64_lane offset=16 1 (local.get $at) (v128.load16_lane 3 (local.get $at) (v128.load32_splat (local.get $at))))))

;;; saxpy
;; IR
;;   $4:v128 = f32x4.splat $3                                 ; 0x38
;; L1: loop
;;   v8:v128 = v128.load $1, memory                           ; 0x44
;;   v9:v128 = f32x4.mul $4, v8                               ; 0x48
;;   v10:v128 = v128.load $0, memory                          ; 0x4d
;;   v11:v128 = f32x4.add v9, v10                             ; 0x51
;;   v128.store $0, memory, v11                               ; 0x54
;;   $1:i32 = i32.add $1, 16                                  ; 0x5c
;;   $0:i32 = i32.add $0, 16                                  ; 0x63
;;   v16:i32 = i32.lt_u $0, $2                                ; 0x68
;;   br_if v16, L1                                            ; 0x69
;;   return ()                                                ; 0x6c
;;
;; machine code, 57 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  shufps xmm0, xmm0, 0
;;   0014  mov r10, qword ptr [rdi + 0x20]
;;   0018  nop dword ptr [rax + rax]
;;   0020  movups xmm1, xmmword ptr [r10 + rdx]               ; 0x44 out of bounds memory access
;;   0025  mulps xmm1, xmm0
;;   0028  movups xmm2, xmmword ptr [r10 + rsi]               ; 0x4d out of bounds memory access
;;   002d  addps xmm1, xmm2
;;   0030  movups xmmword ptr [r10 + rsi], xmm1               ; 0x54 out of bounds memory access
;;   0035  add edx, 0x10
;;   0038  add esi, 0x10
;;   003b  cmp esi, ecx
;;   003d  jb 0x20
;;   003f  leave
;;   0040  ret

;;; sum_of_bytes
;; IR
;; L1: loop
;;   v5:v128 = v128.load32_zero $0, memory                    ; 0x77
;;   v6:v128 = i16x8.extend_low_i8x16_u v5                    ; 0x7b
;;   v7:v128 = i32x4.extend_low_i16x8_u v6                    ; 0x7e
;;   $2:v128 = i32x4.add $2, v7                               ; 0x81
;;   $0:i32 = i32.add $0, 4                                   ; 0x8a
;;   v11:i32 = i32.ne $0, $1                                  ; 0x8f
;;   br_if v11, L1                                            ; 0x90
;;   v12:v128 = i8x16.shuffle $2, $2                          ; 0x99
;;   $2:v128 = i32x4.add $2, v12                              ; 0xab
;;   v14:v128 = i8x16.shuffle $2, $2, +1                      ; 0xb6
;;   v15:v128 = i32x4.add $2, v14                             ; 0xc8
;;   v16:i32 = i32x4.extract_lane v15                         ; 0xcb
;;   return (v16)                                             ; 0xce
;;
;; machine code, 72 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  xorps xmm14, xmm14
;;   0014  mov r10, qword ptr [rdi + 0x20]
;;   0018  nop dword ptr [rax + rax]
;;   0020  pmovzxbd xmm0, dword ptr [r10 + rsi]               ; 0x77 out of bounds memory access
;;   0027  paddd xmm14, xmm0
;;   002c  add esi, 4
;;   002f  cmp esi, edx
;;   0031  jne 0x20
;;   0033  pshufd xmm0, xmm14, 0xe
;;   0039  paddd xmm14, xmm0
;;   003e  pshufd xmm0, xmm14, 1
;;   0044  paddd xmm14, xmm0
;;   0049  movd eax, xmm14
;;   004e  leave
;;   004f  ret

;;; find
;; IR
;;   $2:v128 = i8x16.splat $1                                 ; 0xd5
;; L2: loop
;;   v7:v128 = v128.load $0, memory                           ; 0xdf
;;   $3:v128 = i8x16.eq v7, $2                                ; 0xe5
;;   v9:i32 = v128.any_true $3                                ; 0xe9
;;   br_if v9, L1                                             ; 0xeb
;;   $0:i32 = i32.add $0, 16                                  ; 0xf1
;;   br L2                                                    ; 0xf4
;; L1:
;;   v12:i32 = i8x16.bitmask $3                               ; 0xfc
;;   v13:i32 = i32.ctz v12                                    ; 0xfe
;;   v14:i32 = i32.add $0, v13                                ; 0xff
;;   return (v14)                                             ; 0x100
;;
;; machine code, 89 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  movd xmm14, edx
;;   0015  pxor xmm15, xmm15
;;   001a  pshufb xmm14, xmm15
;;   0020  mov r10, qword ptr [rdi + 0x20]
;;   0024  nop word ptr [rax + rax]
;;   002d  nop dword ptr [rax]
;;   0030  movups xmm0, xmmword ptr [r10 + rsi]               ; 0xdf out of bounds memory access
;;   0035  pcmpeqb xmm0, xmm14
;;   003a  ptest xmm0, xmm0
;;   003f  jne 0x4a
;;   0045  add esi, 0x10
;;   0048  jmp 0x30
;;   004a  pmovmskb eax, xmm0
;;   004e  mov r11d, 0x20
;;   0054  bsf eax, eax
;;   0057  cmove eax, r11d
;;   005b  add esi, eax
;;   005d  mov eax, esi
;;   005f  leave
;;   0060  ret

;;; skip_blanks
;; IR
;; L1: loop
;;   $0:i32 = i32.add $0, 16                                  ; 0x109
;;   v5:v128 = v128.load $0, memory                           ; 0x10e
;;   v7:v128 = i8x16.eq v5, 0x20202020202020202020202020202020 ; 0x124
;;   v8:i32 = i8x16.all_true v7                               ; 0x126
;;   br_if v8, L1                                             ; 0x128
;;   return ($0)                                              ; 0x12d
;;
;; machine code, 88 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r10, qword ptr [rdi + 0x20]
;;   0014  nop word ptr [rax + rax]
;;   001d  nop dword ptr [rax]
;;   0020  add esi, 0x10
;;   0023  movups xmm0, xmmword ptr [r10 + rsi]               ; 0x10e out of bounds memory access
;;   0028  movaps xmm15, xmm0
;;   002c  pcmpeqb xmm15, xmmword ptr [rip + 0x1b]
;;   0035  pmovmskb r11d, xmm15
;;   003a  cmp r11d, 0xffff
;;   0041  je 0x20
;;   0043  mov eax, esi
;;   0045  leave
;;   0046  ret

;;; lanes
;; IR
;;   v3:f32 = f32.load $0, memory                             ; 0x136
;;   v4:v128 = f32x4.splat v3                                 ; 0x136
;;   v5:i32 = i32.load16_u $0, memory                         ; 0x13a
;;   v6:v128 = i16x8.replace_lane v4, v5, +3                  ; 0x13a
;;   v7:i64 = i64x2.extract_lane v6, +1                       ; 0x13f
;;   i64.store $0, memory, v7, +16                            ; 0x13f
;;   return ()                                                ; 0x144
;;
;; machine code, 37 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  mov r10, qword ptr [rdi + 0x20]
;;   0014  movss xmm0, dword ptr [r10 + rsi]                  ; 0x136 out of bounds memory access
;;   001a  shufps xmm0, xmm0, 0
;;   001e  pinsrw xmm0, word ptr [r10 + rsi], 3               ; 0x13a out of bounds memory access
;;   0025  movhps qword ptr [r10 + rsi + 0x10], xmm0          ; 0x13f out of bounds memory access
;;   002b  leave
;;   002c  ret
