import { ValType } from '../../../wasm/types.js';
import { Gpr, isFloat } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';

/**
 * What all stubs share. They hold the address of the thread's ExecEnv as a constant, in rbx where C code is
 * called or the frame is left, else in r11.
 */

/** Sets a register to an address. */
export function movAddress(a: Assembler, register: number, address: Address): void {
  a.movImm(register, address | 0, Math.floor(address / 2 ** 32));
}

/**
 * The move of a value between its slots in memory and a register. i32 loads extend it with zeros.
 */
export function moveOf(type: ValType): number {
  return moves.get(type) ?? X.mov64;
}

/** Moves of all types but i64 and references. */
const moves: ReadonlyMap<number, number> = new Map([
  [ValType.i32, X.mov32],
  [ValType.f32, X.movss],
  [ValType.f64, X.movsd],
  [ValType.v128, X.movups],
]);

/** The register that returns a first result of this type. */
export function resultRegister(type: ValType): number {
  return isFloat(type) ? 0 : Gpr.rax;
}
