;; Typed function references. The text parser does not know them, so the module is in binary.
;;
;;   (type $t (func (param i32) (result i32)))
;;   (func $inc (type $t) (i32.add (local.get 0) (i32.const 1)))
;;   call_ref: (call_ref $t (local.get 0) (ref.func $inc)); return_call_ref in its place
;;   null, tail_null: the same with (ref.null $t)
;;   br_on_null: (block (br_on_null 0 (ref.null $t)) drop (return (i32.const 1))) (i32.const 2)
;;   br_on_non_null: (drop (block (result (ref $t)) (br_on_non_null 0 (ref.func $inc)) (return (i32.const 1)))) (i32.const 2)
;;   ref.as_non_null, as_null: (drop (ref.as_non_null (ref.func $inc))) (i32.const 3), and with (ref.null $t)
(module binary
  "\00\61\73\6d\01\00\00\00\01\06\01\60\01\7f\01\7f\03\0a\09\00\00\00\00\00"
  "\00\00\00\00\07\6b\08\08\63\61\6c\6c\5f\72\65\66\00\01\0f\72\65\74\75\72"
  "\6e\5f\63\61\6c\6c\5f\72\65\66\00\02\04\6e\75\6c\6c\00\03\09\74\61\69\6c"
  "\5f\6e\75\6c\6c\00\04\0a\62\72\5f\6f\6e\5f\6e\75\6c\6c\00\05\0e\62\72\5f"
  "\6f\6e\5f\6e\6f\6e\5f\6e\75\6c\6c\00\06\0f\72\65\66\2e\61\73\5f\6e\6f\6e"
  "\5f\6e\75\6c\6c\00\07\07\61\73\5f\6e\75\6c\6c\00\08\09\05\01\03\00\01\00"
  "\0a\60\09\07\00\20\00\41\01\6a\0b\08\00\20\00\d2\00\14\00\0b\08\00\20\00"
  "\d2\00\15\00\0b\08\00\20\00\d0\00\14\00\0b\08\00\20\00\d0\00\15\00\0b\0f"
  "\00\02\40\d0\00\d5\00\1a\41\01\0f\0b\41\02\0b\10\00\02\64\00\d2\00\d6\00"
  "\41\01\0f\0b\1a\41\02\0b\08\00\d2\00\d4\1a\41\03\0b\08\00\d0\00\d4\1a\41"
  "\00\0b"
)
(assert_return (invoke "call_ref" (i32.const 41)) (i32.const 42))
(assert_return (invoke "return_call_ref" (i32.const 41)) (i32.const 42))
(assert_trap (invoke "null" (i32.const 1)) "null function reference")
(assert_trap (invoke "tail_null" (i32.const 1)) "null function reference")
(assert_return (invoke "br_on_null" (i32.const 1)) (i32.const 2))
(assert_return (invoke "br_on_non_null" (i32.const 1)) (i32.const 2))
(assert_return (invoke "ref.as_non_null" (i32.const 1)) (i32.const 3))
(assert_trap (invoke "as_null" (i32.const 1)) "null reference")
