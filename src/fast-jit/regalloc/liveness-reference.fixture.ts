/**
 * For tests: liveness worked out in the plainest way, instruction by instruction, and functions to try it on.
 */
import type { IrFunction } from '../../ir/function.js';
import { Op, opDefines, opEnds, opReads, ReadsA, ReadsArgs, ReadsB, ReadsC } from '../../ir/ops.js';

/**
 * Registers that an instruction reads. Whoever reads the memory's base may need the instance to find it
 * again.
 */
export function readsOf(ir: IrFunction, at: number): number[] {
  const reads = opReads[ir.op[at]];
  const registers: number[] = [];
  if ((reads & ReadsA) !== 0) registers.push(ir.a[at]);
  if ((reads & ReadsB) !== 0) registers.push(ir.b[at]);
  if ((reads & ReadsC) !== 0) registers.push(ir.c[at]);
  if ((reads & ReadsArgs) !== 0) registers.push(...ir.pool.subarray(ir.imm[at], ir.imm[at] + ir.c[at]));
  if (registers.includes(ir.memoryBase)) registers.push(ir.instance);
  return registers;
}

/** Register that an instruction writes, or -1. */
export function writeOf(ir: IrFunction, at: number): number {
  return opDefines[ir.op[at]] === 1 ? ir.dst[at] : -1;
}

/** Instructions that may come after an instruction. */
export function successorsOf(ir: IrFunction, at: number): number[] {
  const op = ir.op[at];
  const next = opEnds[op] === 1 ? [] : [at + 1];
  if (op === Op.br || op === Op.br_if) next.push(ir.labelPosition[ir.imm[at]]);
  if (op === Op.br_table) {
    for (let k = 0; k < ir.c[at]; k++) next.push(ir.labelPosition[ir.pool[ir.imm[at] + k]]);
  }
  return next;
}

/** True if some way from the start of instruction `from` reads a register before it writes it. */
export function isLiveBefore(ir: IrFunction, register: number, from: number): boolean {
  const seen = new Set<number>();
  const pending = [from];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at) || at >= ir.count) continue;
    seen.add(at);
    if (readsOf(ir, at).includes(register)) return true;
    if (writeOf(ir, at) !== register) pending.push(...successorsOf(ir, at));
  }
  return false;
}

export function isLiveBehind(ir: IrFunction, register: number, at: number): boolean {
  return successorsOf(ir, at).some((next) => isLiveBefore(ir, register, next));
}

/** Modules whose first function has something to tell about liveness, by what that is. */
export const functions: Readonly<Record<string, string>> = {
  'straight code': `(module (func (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.add (local.get 0) (local.get 1))) (local.set 0 (i32.mul (local.get 2) (local.get 2)))
    (i32.sub (local.get 0) (local.get 2))))`,
  'a local that one arm overwrites': `(module (func (param i32 i32) (result i32)
    (if (local.get 0) (then (local.set 1 (i32.const 5)))) (local.get 1)))`,
  'locals that are read on one way only': `(module (func (param i32 i32 i32) (result i32)
    (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 2)))))`,
  'a local that is written and never read': `(module (func (param i32 i32) (result i32)
    (local.set 1 (i32.clz (local.get 0))) (local.get 0)))`,
  'a loop that counts down': `(module (func (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))`,
  'a local that each turn sets before it reads it': `(module (func (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 1) (i32.const 1))))) (local.get 0)))`,
  'a local that only the next turn reads': `(module (func (param i32 i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 2))) (local.set 2 (i32.clz (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))`,
  'nested loops, with a local of the outer one': `(module (func (param i32 i32) (result i32) (local i32 i32)
    (loop $outer (local.set 2 (i32.const 3))
      (loop $inner (local.set 3 (i32.add (local.get 3) (local.get 2)))
        (br_if $inner (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (local.get 1))))) (local.get 3)))`,
  'a loop with parameters': `(module (func (param i32 i64) (result i64)
    (local.get 1) (local.get 0)
    (loop (param i64 i32) (result i64) (local.set 0) (i64.mul (local.get 1))
      (i32.sub (local.get 0) (i32.const 1)) (br_if 0 (local.get 0)) drop)))`,
  'a way out of two loops': `(module (func (param i32 i32) (result i32)
    (block $out (loop $a (loop $b (br_if $out (i32.eqz (local.get 0))) (br_if $a (local.get 1))
      (local.set 1 (i32.const 1)) (br $b)))) (i32.add (local.get 0) (local.get 1))))`,
  'a table of branches': `(module (func (param i32 i32 i32) (result i32)
    (block $a (block $b (block $c (br_table $a $b $c (local.get 0))) (return (local.get 1)))
      (return (local.get 2))) (local.get 0)))`,
  'a table of branches to a loop': `(module (func (param i32 i32) (result i32)
    (block $out (loop $again (local.set 1 (i32.mul (local.get 1) (i32.const 7)))
      (br_table $again $out $again (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))) (local.get 1)))`,
  'memory before and behind a call': `(module (memory 1) (func $f (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1)) (call $g) (i32.load (local.get 0))) (func $g))`,
  'memory in a loop with a call': `(module (memory 1) (func $f (param i32 i32) (result i32)
    (loop (i32.store (local.get 0) (local.get 1)) (call $g (local.get 0))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4))))) (i32.load (i32.const 0)))
    (func $g (param i32)))`,
  'a call with a local twice, which dies': `(module (func $f (param i32 i32) (result i32)
    (call $g (local.get 1) (local.get 1) (local.get 0))) (func $g (param i32 i32 i32) (result i32) (local.get 0)))`,
  'an operator that reads a local twice': `(module (func (param i32) (result i32)
    (local.set 0 (i32.mul (local.get 0) (local.get 0))) (i32.add (local.get 0) (local.get 0))))`,
  'several results': `(module (func $f (param i32 i64) (result i64 i32 f64) (local f64)
    (call $g (local.get 0)) (local.set 2) (local.set 0) (local.get 1) (local.get 0) (local.get 2))
    (func $g (param i32) (result i32 f64) (i32.const 1) (f64.const 2)))`,
  'an endless loop': '(module (func (param i32 i32) (loop (local.set 1 (local.get 0)) (br 0))))',
  'more locals than a word has bits': `(module (func (param i32) (result i32)
    (local ${'i32 '.repeat(100)})
    ${Array.from({ length: 100 }, (_, k) => `(local.set ${k + 1} (i32.add (local.get ${k}) (i32.const 1)))`).join(' ')}
    (loop ${Array.from({ length: 50 }, (_, k) => `(local.set ${k + 1} (i32.add (local.get ${k + 50}) (i32.const 1)))`).join(' ')}
      (br_if 0 (local.get 31)) (br_if 0 (local.get 32)) (br_if 0 (local.get 33)))
    (local.get 64)))`,
};
