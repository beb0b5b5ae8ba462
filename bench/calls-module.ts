/** The module with which bench/calls.ts measures calls: for both engines the same bytes. */
/** How many calls the loops of the module make. */
export const callsPerLoop = 1_000_000;
/** The same of loops in which each call ends by an exception. */
export const throwsPerLoop = 20_000;

// Each loop calls with its counter, once an iteration, and keeps the last result, so that no call can be
// dropped.
const loop = (call: string, turns = callsPerLoop): string => `
  (local $i i32) (local $last i32)
  (loop $again
    (local.set $last ${call})
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (i32.const ${turns}))))
  (local.get $last)`;

/**
 * Functions that call each other, of which the last throws; the loop catches what comes through all of them.
 */
const frames = 10;
const throwing = `
  (func $f1 (type $binary) (throw $tag (i32.add (local.get 0) (local.get 1))))
  ${Array.from(
    { length: frames - 1 },
    (_, k) => `(func $f${k + 2} (type $binary)
      (i32.add (local.get 0) (call $f${k + 1} (local.get 0) (local.get 1))))`,
  ).join('')}`;
const catching = (depth: number): string =>
  loop(
    `(try (result i32) (do (call $f${depth} (local.get $last) (local.get $i))) (catch $tag))`,
    throwsPerLoop,
  );

/** The module's text. If `native`, it also calls native functions, which V8 does not have. */
const text = (native: boolean): string => `(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "host" "add" (func $hostAdd (type $binary)))
  ${native ? natives : ''}
  (tag $tag (param i32))
  (table 4 funcref)
  (elem (i32.const 0) $add $sub $xor $or)
  (func $add (export "add") (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $xor (type $binary) (i32.xor (local.get 0) (local.get 1)))
  (func $or (type $binary) (i32.or (local.get 0) (local.get 1)))
  (func (export "callHost") (result i32)
    ${loop('(call $hostAdd (local.get $last) (local.get $i))')})
  (func (export "callWasm") (result i32)
    ${loop('(call $add (local.get $last) (local.get $i))')})
  ${throwing}
  (func (export "catchOne") (result i32) ${catching(1)})
  (func (export "catchTen") (result i32) ${catching(frames)})
  (func (export "callIndirect") (result i32)
    ${loop(`(call_indirect (type $binary) (local.get $last) (local.get $i)
      (i32.and (local.get $i) (i32.const 3)))`)})
  ${native ? nativeLoops : ''})`;

const natives = `
  (import "native" "add" (func $nativeAdd (type $binary)))
  (import "native" "first" (func $nativeFirst (type $binary)))
  (memory 1)
  (data (i32.const 16) "\\01")`;

const nativeLoops = `
  (func (export "callNative") (result i32)
    ${loop('(call $nativeAdd (local.get $last) (local.get $i))')})
  (func (export "callNativePointer") (result i32)
    ${loop('(i32.add (local.get $last) (call $nativeFirst (i32.const 16) (i32.and (local.get $i) (i32.const 4095))))')})`;

export async function callsModule(native: boolean): Promise<Uint8Array> {
  const { default: wabt } = await import('wabt');
  const module = (await wabt()).parseWat('calls.wat', text(native), { exceptions: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
