import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';

/**
 * A function of the wasm calling convention that does nothing, and returns 0 where an integer is expected.
 */
export function emitEmptyFunction(a: Assembler): void {
  a.rr(X.xor32, Gpr.rax, Gpr.rax);
  a.op(X.ret);
}
