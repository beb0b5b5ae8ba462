import { Gpr, isFloat } from '../../code/abi.js';
import { ValType } from '../../wasm/types.js';
import type { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import type { Address } from '../ffi.js';

/**
 * What all stubs share. They hold the address of the thread's ExecEnv as a constant, in rbx where C code is called or
 * the frame is left, else in r11.
 */

/** Sets a register to an address. */
export function movAddress(a: Assembler, register: number, address: Address): void {
  a.movImm(register, address | 0, Math.floor(address / 2 ** 32));
}

/** The move of a value between its place in memory (8 bytes) and a register. i32 loads extend it with zeros. */
export function moveOf(type: number): number {
  if (type === ValType.i32) return X.mov32;
  if (type === ValType.f32) return X.movss;
  return type === ValType.f64 ? X.movsd : X.mov64;
}

/** The register that returns a first result of this type. */
export function resultRegister(type: number): number {
  return isFloat(type) ? 0 : Gpr.rax;
}

/** Rounds bytes of stack up so that the stack pointer stays a multiple of 16. */
export function roundFrame(byteLength: number): number {
  return Math.ceil(byteLength / 16) * 16;
}
