;; A try costs nothing until something is thrown: what is in registers is stored on the way to the pad only.
(module
  (import "env" "f" (func $f (param i32) (result i32)))
  (tag $e (param i32))
  (func $guarded (param $a i32) (param $b i64) (result i32)
    (block $h (result i32)
      (try_table (catch $e $h) (local.set $a (call $f (local.get $a))))
      (return (local.get $a)))
    (i32.add (i32.wrap_i64 (local.get $b)))))

;;; guarded
;; IR
;;   v4:i64 = field.load64 instance, +64                      ; 0x3d
;;   v5:i32 = try_call_record v4, ($0), pad L3                ; 0x3d
;;   $0:i32 = mov v5                                          ; 0x3f
;;   br L2                                                    ; 0x41
;; L3:
;;   v6:i64 = field.load64 instance                           ; 0x41
;;   v7:i64 = field.load64 v6, +224                           ; 0x41
;;   v8:i64 = field.address instance, +32                     ; 0x41
;;   v9:i32 = i64.ne v7, v8                                   ; 0x41
;;   br_if v9, L4                                             ; 0x41
;;   v11:i32 = field.load32 v6, +336                          ; 0x41
;;   br L1                                                    ; 0x41
;; L4:
;;   v12:i32 = field.load32 instance, +24                     ; 0x41
;;   call_builtin instance, +112, (v12)                       ; 0x41
;;   trap trap 1                                              ; 0x41
;; L2:
;;   return ($0)                                              ; 0x44
;; L1:
;;   v13:i32 = i32.wrap_i64 $1                                ; 0x48
;;   v14:i32 = i32.add v11, v13                               ; 0x49
;;   return (v14)                                             ; 0x4a
;;
;; machine code, 113 bytes with constants
;;   0004  push rbp
;;   0005  mov rbp, rsp
;;   0008  sub rsp, 0x40
;;   000c  mov qword ptr [rbp - 8], rbx
;;   0010  mov rax, qword ptr [rdi + 0x40]
;;   0014  mov qword ptr [rbp - 0x30], rdx
;;   0018  mov qword ptr [rbp - 0x38], rdi
;;   001c  mov rdi, qword ptr [rax + 8]
;;   0020  call qword ptr [rax]                               ; 0x3d
;;   0022  mov esi, eax
;;   0024  jmp 0x5e
;;   0029  mov rdi, qword ptr [rbp - 0x38]
;;   002d  mov rax, qword ptr [rdi]
;;   0030  mov rcx, qword ptr [rax + 0xe0]
;;   0037  lea rdx, [rdi + 0x20]
;;   003b  cmp rcx, rdx
;;   003e  jne 0x4f
;;   0044  mov ebx, dword ptr [rax + 0x150]
;;   004a  jmp 0x65
;;   004f  mov eax, dword ptr [rdi + 0x18]
;;   0052  mov r11, qword ptr [rdi + 8]
;;   0056  mov edi, eax
;;   0058  call qword ptr [r11 + 0x70]                        ; 0x41
;;   005c  ud2                                                ; 0x41 unreachable
;;   005e  mov eax, esi
;;   0060  jmp 0x6f
;;   0065  mov rdx, qword ptr [rbp - 0x30]
;;   0069  mov edx, edx
;;   006b  add ebx, edx
;;   006d  mov eax, ebx
;;   006f  mov rbx, qword ptr [rbp - 8]
;;   0073  leave
;;   0074  ret
