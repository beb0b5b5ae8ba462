;; Looks whether function bodies have only what the tables of this engine know: traps if not. The process's own
;; engine runs it. Its binary form is in body-scan-code.ts. Its memory:
;;
;;      0   actions: a byte for each opcode. What to do about the first immediate is in the four low bits, what
;;          to do about the second one in the four high bits. The numbers are those of the cases below.
;;   4096   types: a byte for each byte. Bit 0: value type; bit 1: heap type, or rather what may be null and refers to
;;          it; bit 2: block type
;;   4352   prefixes: two u16 for each byte. The first opcode after it; how many there are
;;   5376   places of bodies: two i32 each. Address of the first byte; of the one after the last
;;  70912   bytes of bodies
(module
  (memory (export "memory") 6)

  ;; Reads an unsigned LEB128 integer: the value, and the address after it.
  (func $u32 (param $at i32) (result i32 i32)
    (local $byte i32) (local $value i32) (local $shift i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $value (i32.or (local.get $value)
        (i32.shl (i32.and (local.get $byte) (i32.const 0x7f)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (br_if $more (i32.ge_u (local.get $byte) (i32.const 0x80))))
    (local.get $value)
    (local.get $at))

  ;; These read what lies at an address, and return the one after it.

  (func $leb (param $at i32) (result i32)
    (local $byte i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.ge_u (local.get $byte) (i32.const 0x80))))
    (local.get $at))

  (func $type (param $at i32) (param $bits i32) (result i32)
    (if (i32.eqz (i32.and (i32.load8_u offset=4096 (i32.load8_u (local.get $at))) (local.get $bits)))
      (then unreachable))
    (i32.add (local.get $at) (i32.const 1)))

  ;; The index of a type, of several bytes. Some engines take a negative one for a type.
  (func $long_index (param $at i32) (result i32)
    (local.set $at (call $leb (local.get $at)))
    (if (i32.ge_u (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 0x40)) (then unreachable))
    (local.get $at))

  (func $heap_type (param $at i32) (result i32)
    (local $byte i32)
    (local.set $byte (i32.load8_u (local.get $at)))
    (if (i32.ge_u (local.get $byte) (i32.const 0x80)) (then (return (call $long_index (local.get $at)))))
    (if (i32.ge_u (local.get $byte) (i32.const 0x40)) (then (return (call $type (local.get $at) (i32.const 2)))))
    (i32.add (local.get $at) (i32.const 1)))

  ;; A type of one byte that has one of the bits, or a reference: 0x63 or 0x64, and a heap type.
  (func $any_type (param $at i32) (param $bits i32) (result i32)
    (if (i32.le_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x63)) (i32.const 1))
      (then (return (call $heap_type (i32.add (local.get $at) (i32.const 1))))))
    (call $type (local.get $at) (local.get $bits)))

  (func $block_type (param $at i32) (result i32)
    (if (i32.ge_u (i32.load8_u (local.get $at)) (i32.const 0x80)) (then (return (call $long_index (local.get $at)))))
    (call $any_type (local.get $at) (i32.const 4)))

  (func $labels (param $at i32) (result i32)
    (local $rest i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $rest)
    ;; The default label is not counted.
    (loop $more
      (local.set $at (call $leb (local.get $at)))
      (local.set $rest (i32.sub (local.get $rest) (i32.const 1)))
      (br_if $more (i32.ne (local.get $rest) (i32.const -1))))
    (local.get $at))

  (func $memarg (param $at i32) (result i32)
    (local $flags i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $flags)
    (if (i32.ge_u (local.get $flags) (i32.const 0x80)) (then unreachable))
    ;; Bit 6: a memory's index follows.
    (if (i32.ge_u (local.get $flags) (i32.const 0x40)) (then (local.set $at (call $leb (local.get $at)))))
    (call $leb (local.get $at)))

  ;; Clauses of a try_table: a byte, a tag's index in the first two kinds, a label.
  (func $catches (param $at i32) (result i32)
    (local $rest i32) (local $kind i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $rest)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $rest)))
        (local.set $kind (i32.load8_u (local.get $at)))
        (if (i32.gt_u (local.get $kind) (i32.const 3)) (then unreachable))
        (local.set $at (call $leb (i32.add (local.get $at) (i32.const 1))))
        (if (i32.lt_u (local.get $kind) (i32.const 2)) (then (local.set $at (call $leb (local.get $at)))))
        (local.set $rest (i32.sub (local.get $rest) (i32.const 1)))
        (br $more)))
    (local.get $at))

  (func $value_types (param $at i32) (result i32)
    (local $rest i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $rest)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $rest)))
        (local.set $at (call $any_type (local.get $at) (i32.const 1)))
        (local.set $rest (i32.sub (local.get $rest) (i32.const 1)))
        (br $more)))
    (local.get $at))

  (func $locals (param $at i32) (result i32)
    (local $rest i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $rest)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $rest)))
        (local.set $at (call $any_type (call $leb (local.get $at)) (i32.const 1)))
        (local.set $rest (i32.sub (local.get $rest) (i32.const 1)))
        (br $more)))
    (local.get $at))

  ;; The actions of the sub-opcode after a prefix, four bits up; and the address after it.
  (func $sub_opcode (param $prefix i32) (param $at i32) (result i32 i32)
    (local $sub i32)
    (call $u32 (local.get $at))
    (local.set $at)
    (local.set $sub)
    (local.set $prefix (i32.mul (local.get $prefix) (i32.const 4)))
    (if (i32.ge_u (local.get $sub) (i32.load16_u offset=4354 (local.get $prefix))) (then unreachable))
    (i32.shl (i32.load8_u (i32.add (local.get $sub) (i32.load16_u offset=4352 (local.get $prefix)))) (i32.const 4))
    (local.get $at))

  (func $body (param $at i32) (param $end i32)
    (local $opcode i32) (local $actions i32) (local $byte i32)
    (local.set $at (call $locals (local.get $at)))
    (loop $instructions
      (local.set $opcode (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $actions (i32.load8_u (local.get $opcode)))
      (block $next
        ;; First what is most frequent: no immediate, one integer of one byte, a short offset.
        (br_if $next (i32.eqz (local.get $actions)))
        (if (i32.eq (local.get $actions) (i32.const 1)) (then
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $byte) (i32.const 0x80)))))
        (if (i32.eq (local.get $actions) (i32.const 6)) (then
          (if (i32.lt_u (i32.load8_u (local.get $at)) (i32.const 0x40)) (then
            (if (i32.lt_u (i32.load8_u offset=1 (local.get $at)) (i32.const 0x80)) (then
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (br $next)))))))
        (loop $immediates
          (block $done
            (block $12 (block $11 (block $10 (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2
            (block $1 (block $unknown
              (br_table $done $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $unknown
                (i32.and (local.get $actions) (i32.const 15))))
              unreachable)
            ;; 1: an integer, or what is left of it
            (local.set $at (call $leb (local.get $at)))
            (br $done))
            ;; 2: 4 bytes
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br $done))
            ;; 3: 8 bytes
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br $done))
            ;; 4: a block type
            (local.set $at (call $block_type (local.get $at)))
            (br $done))
            ;; 5: labels
            (local.set $at (call $labels (local.get $at)))
            (br $done))
            ;; 6: alignment, memory and offset
            (local.set $at (call $memarg (local.get $at)))
            (br $done))
            ;; 7: the clauses of a try_table
            (local.set $at (call $catches (local.get $at)))
            (br $done))
            ;; 8: a heap type
            (local.set $at (call $heap_type (local.get $at)))
            (br $done))
            ;; 9: value types
            (local.set $at (call $value_types (local.get $at)))
            (br $done))
            ;; 10: a sub-opcode, then its immediates
            (call $sub_opcode (local.get $opcode) (local.get $at))
            (local.set $at)
            (local.set $actions)
            (br $done))
            ;; 11: a byte
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $done))
            ;; 12: 16 bytes
            (local.set $at (i32.add (local.get $at) (i32.const 16))))
          (local.set $actions (i32.shr_u (local.get $actions) (i32.const 4)))
          (br_if $immediates (local.get $actions))))
      (br_if $instructions (i32.lt_u (local.get $at) (local.get $end))))
    (if (i32.ne (local.get $at) (local.get $end)) (then unreachable)))

  ;; Scans the bodies whose places lie from one address to another.
  (func (export "scan") (param $place i32) (param $end i32)
    (loop $more
      (call $body (i32.load (local.get $place)) (i32.load offset=4 (local.get $place)))
      (local.set $place (i32.add (local.get $place) (i32.const 8)))
      (br_if $more (i32.lt_u (local.get $place) (local.get $end))))))
