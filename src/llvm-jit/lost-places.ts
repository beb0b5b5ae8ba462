import { Opcode } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';

/**
 * Gives loads their places back, after optimization. LLVM drops the place of a load that it moves out of a
 * loop, because a debugger should not stop there; but our loads can trap. The holder after each load
 * (`Holders.hold`) has stayed where it was. It knows the place, and takes the load's value, perhaps extended.
 *
 * @param holders inline assembly whose calls are holders
 */
export function restorePlaces(llvm: Llvm, holders: Iterable<number>): void {
  for (const holder of holders) {
    for (let use = llvm.LLVMGetFirstUse(holder); use !== 0; use = llvm.LLVMGetNextUse(use)) {
      const call = llvm.LLVMGetUser(use);
      const load = loadBehind(llvm, llvm.LLVMGetOperand(call, 0));
      if (load === 0 || lineOf(llvm, load) !== 0) continue;
      llvm.LLVMInstructionSetDebugLoc(load, llvm.LLVMInstructionGetDebugLoc(call));
    }
  }
}

/** The load that makes a value; 0 if something else does. */
function loadBehind(llvm: Llvm, value: number): number {
  if (llvm.LLVMIsAInstruction(value) === 0) return 0;
  switch (llvm.LLVMGetInstructionOpcode(value)) {
    case Opcode.load:
      return value;
    case Opcode.zext:
    case Opcode.sext:
      return llvm.LLVMIsALoadInst(llvm.LLVMGetOperand(value, 0));
    default:
      return 0;
  }
}

/** The wasm offset of an instruction; 0 where it has none. */
function lineOf(llvm: Llvm, instruction: number): number {
  const place = llvm.LLVMInstructionGetDebugLoc(instruction);
  return place === 0 ? 0 : llvm.LLVMDILocationGetLine(place);
}
