;; The bounds of the table, null and the type are checked in line; the call goes through the function's record.
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 funcref)
  (func $call (param $index i32) (param $value i32) (result i32)
    (i32.add (call_indirect (type $unary) (local.get $value) (local.get $index)) (local.get $value))))

;;; call
;; IR
;;   v4:i32 = field.load32 instance, +40                      ; 0x29
;;   v5:i32 = i32.ge_u $0, v4                                 ; 0x29
;;   trap_if v5, trap 4                                       ; 0x29
;;   v6:i64 = field.load64 instance, +32                      ; 0x29
;;   v7:i64 = element.load v6, $0                             ; 0x29
;;   v8:i32 = i64.eqz v7                                      ; 0x29
;;   trap_if v8, trap 5                                       ; 0x29
;;   v9:i32 = field.load32 v7, +16                            ; 0x29
;;   v10:i32 = field.load32 instance, +72                     ; 0x29
;;   v11:i32 = i32.ne v9, v10                                 ; 0x29
;;   trap_if v11, trap 6                                      ; 0x29
;;   v12:i32 = call_record v7, ($1)                           ; 0x29
;;   v13:i32 = i32.add v12, $1                                ; 0x2e
;;   return (v13)                                             ; 0x2f
;;
;; machine code, 68 bytes with constants
;;   0008  push rbp
;;   0009  mov rbp, rsp
;;   000c  sub rsp, 0x30
;;   0010  cmp esi, dword ptr [rdi + 0x28]
;;   0013  jae 0x46
;;   0019  mov rax, qword ptr [rdi + 0x20]
;;   001d  mov rax, qword ptr [rax + rsi*8]
;;   0021  test rax, rax
;;   0024  je 0x48
;;   002a  mov ecx, dword ptr [rax + 0x10]
;;   002d  cmp ecx, dword ptr [rdi + 0x48]
;;   0030  jne 0x4a
;;   0036  mov dword ptr [rbp - 0x30], edx
;;   0039  mov esi, edx
;;   003b  mov rdi, qword ptr [rax + 8]
;;   003f  call qword ptr [rax]                               ; 0x29
;;   0041  add eax, dword ptr [rbp - 0x30]
;;   0044  leave
;;   0045  ret
;;   0046  ud2                                                ; 0x29 undefined element
;;   0048  ud2                                                ; 0x29 uninitialized element
;;   004a  ud2                                                ; 0x29 indirect call type mismatch
