import type { IrFunction } from './function.js';
import { Op, opDefines, opReads, ReadsA, ReadsArgs, ReadsB, ReadsC } from './ops.js';

/**
 * Entering a function in the middle, at the head of a loop (on-stack replacement). Two compilers of the same
 * function agree on what is handed over because they see the same IR.
 */

/** The label of the loop whose `loop` instruction is at a byte offset in the module; -1 if there is none. */
export function loopLabelAt(ir: IrFunction, wasmOffset: number): number {
  for (let label = 0; label < ir.labelCount; label++) {
    const at = ir.labelPosition[label];
    if (
      ir.labelIsLoop[label] === 1 &&
      at >= 0 &&
      ir.op[at] === Op.label &&
      ir.wasmOffset[at] === wasmOffset
    ) {
      return label;
    }
  }
  return -1;
}

/**
 * The registers that hold the state of a function at a loop's head: locals, parameters of loops and the
 * address of the caller's result area, then the values on the operand stack below the loop. Some may be dead.
 * Constants are left out, and what never changes (instance, base of memory 0).
 */
export function loopState(ir: IrFunction, label: number): Int32Array {
  const registers: number[] = [];
  for (let k = 0; k < ir.trackedCount; k++) {
    const register = ir.trackedRegisters[k];
    if (register !== ir.instance && register !== ir.memoryBase) registers.push(register);
  }
  const first = ir.loopStack[label];
  for (let k = first; k < first + ir.loopStackCount[label]; k++) {
    const register = ir.pool[k];
    if (ir.isConstant[register] === 0 && ir.tracked[register] < 0) registers.push(register);
  }
  return Int32Array.from(registers);
}

/** A loop and those around it, innermost first, as labels. */
export function enclosingLoops(ir: IrFunction, loop: number): number[] {
  const at = ir.labelPosition[loop];
  const loops: number[] = [];
  for (let label = 0; label < ir.labelCount; label++) {
    const isAround = ir.labelIsLoop[label] === 1 && ir.labelPosition[label] <= at && ir.loopEnd[label] > at;
    if (isAround && ir.labelPosition[label] >= 0) loops.push(label);
  }
  return loops.sort((a, b) => ir.labelPosition[b] - ir.labelPosition[a]);
}

/** Registers that are written in a loop and read elsewhere. */
export function valuesLeavingLoop(ir: IrFunction, label: number): Int32Array {
  const { op, dst, a, b, c, imm, pool } = ir;
  const [first, end] = [ir.labelPosition[label], ir.loopEnd[label]];
  const isWritten = new Uint8Array(ir.registers);
  for (let at = first; at < end; at++) if (opDefines[op[at]] === 1 && dst[at] >= 0) isWritten[dst[at]] = 1;
  const leaving = new Set<number>();
  const read = (register: number): void => {
    if (isWritten[register] === 1) leaving.add(register);
  };
  for (let at = 0; at < ir.count; at++) {
    if (at === first) at = end;
    if (at >= ir.count) break;
    const reads = opReads[op[at]];
    if ((reads & ReadsA) !== 0) read(a[at]);
    if ((reads & ReadsB) !== 0) read(b[at]);
    if ((reads & ReadsC) !== 0) read(c[at]);
    if ((reads & ReadsArgs) !== 0) for (let k = 0; k < c[at]; k++) read(pool[imm[at] + k]);
  }
  return Int32Array.from(leaving);
}
