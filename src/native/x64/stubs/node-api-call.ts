import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import { type Address, nodeEnvironment, symbol } from '../../ffi/ffi.js';
import { movAddress } from './stub-code.js';

const { rax, rcx, rdx, rsp, rsi, rdi, r8, r9 } = Gpr;

/**
 * Emits a call of a Node-API function with the thread's environment as first argument; others are in place.
 */
export function emitNodeApiCall(a: Assembler, name: string): void {
  movAddress(a, rdi, nodeEnvironment());
  movAddress(a, rax, symbol(name));
  a.r(X.call, rax);
}

/** Emits a call of the JavaScript function of a reference. It uses the 8 bytes of stack at `slot`. */
export function emitCallReference(a: Assembler, reference: Address, slot: number): void {
  movAddress(a, rsi, reference);
  a.rm(X.lea64, rdx, rsp, slot);
  emitNodeApiCall(a, 'napi_get_reference_value');
  a.rm(X.mov64, rsi, rsp, slot);
  a.rr(X.mov64, rdx, rsi);
  a.rr(X.xor32, rcx, rcx);
  a.rr(X.xor32, r8, r8);
  a.rr(X.xor32, r9, r9);
  emitNodeApiCall(a, 'napi_call_function');
}
