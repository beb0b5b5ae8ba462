import { dispatchCell } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { movAddress } from './stub-code.js';

const { rax, r11 } = Gpr;

/**
 * The body of `dispatch`: jumps to the entry stub that the cell names, with the address of the cell in r11.
 */
export function emitDispatch(a: Assembler, cell: Address): void {
  movAddress(a, r11, cell);
  a.rm(X.cvttsd2si64, rax, r11, dispatchCell.offsets.entryStub);
  a.r(X.jmp, rax);
}
