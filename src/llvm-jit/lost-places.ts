import { Opcode } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';

/**
 * Gives loads their places back, after optimization. LLVM drops the place of a load that it moves out of a
 * loop, because a debugger should not stop there; but our loads can trap. The holder after each load
 * (`Holders.hold`) has stayed where it was. It knows the place, and takes the load's value, perhaps extended;
 * or it takes the result of an operator on vectors that takes the load's value, and another load may have
 * made the other operand.
 *
 * @param holders inline assembly whose calls are holders
 */
export function restorePlaces(llvm: Llvm, holders: Iterable<number>): void {
  const operators: number[] = [];
  for (const holder of holders) {
    for (let use = llvm.LLVMGetFirstUse(holder); use !== 0; use = llvm.LLVMGetNextUse(use)) {
      const call = llvm.LLVMGetUser(use);
      const source = sourceOf(llvm, llvm.LLVMGetOperand(call, 0));
      if (llvm.LLVMIsALoadInst(source) === 0) operators.push(call);
      else restore(llvm, source, call);
    }
  }
  for (const call of operators) {
    const operator = sourceOf(llvm, llvm.LLVMGetOperand(call, 0));
    if (llvm.LLVMIsAInstruction(operator) === 0) continue;
    const count = llvm.LLVMGetNumOperands(operator);
    for (let k = 0; k < count; k++) {
      const source = sourceOf(llvm, llvm.LLVMGetOperand(operator, k));
      if (llvm.LLVMIsALoadInst(source) !== 0) restore(llvm, source, call);
    }
  }
}

/** Gives a load that has no place that of the holder. */
function restore(llvm: Llvm, load: number, holder: number): void {
  if (lineOf(llvm, load) !== 0) return;
  llvm.LLVMInstructionSetDebugLoc(load, llvm.LLVMInstructionGetDebugLoc(holder));
}

/** Which operand of an instruction has the value that it extends or moves to lanes. */
const moved = new Map<number, number>([
  [Opcode.zext, 0],
  [Opcode.sext, 0],
  [Opcode.bitcast, 0],
  [Opcode.shufflevector, 0],
  [Opcode.insertelement, 1],
]);

/** What makes a value, before it is extended or moved to lanes. */
function sourceOf(llvm: Llvm, value: number): number {
  let source = value;
  while (llvm.LLVMIsAInstruction(source) !== 0) {
    const operand = moved.get(llvm.LLVMGetInstructionOpcode(source));
    if (operand === undefined) break;
    source = llvm.LLVMGetOperand(source, operand);
  }
  return source;
}

/** The wasm offset of an instruction; 0 where it has none. */
function lineOf(llvm: Llvm, instruction: number): number {
  const place = llvm.LLVMInstructionGetDebugLoc(instruction);
  return place === 0 ? 0 : llvm.LLVMDILocationGetLine(place);
}
