import { array, struct } from '../../../layout/struct.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { movAddress } from './stub-code.js';

const { rax, rbx, rdx, rsi, rdi, r8, r9, r10 } = Gpr;

/** Registers of a system call's arguments: `entry_64.S` of the kernel. */
const argumentRegisters = [rdi, rsi, rdx, r10, r8, r9];

/** A system call. */
export const systemCallBlock = struct({
  /** The number of the call; afterwards its result, or a negative error number. */
  number: 'i64',
  arguments: array('i64', argumentRegisters.length),
});

/** void (): makes the system call that `block` says. */
export function emitSystemCall(a: Assembler, block: Address): void {
  const { offsets } = systemCallBlock;
  // `syscall` leaves all registers as they are but rax, rcx and r11.
  a.r(X.push, rbx);
  movAddress(a, rbx, block);
  a.rm(X.mov64, rax, rbx, offsets.number);
  for (const [index, register] of argumentRegisters.entries()) {
    a.rm(X.mov64, register, rbx, offsets.arguments + 8 * index);
  }
  a.op(X.syscall);
  a.mr(X.mov64, rbx, offsets.number, rax);
  a.rr(X.xor32, rax, rax);
  a.r(X.pop, rbx);
  a.op(X.ret);
}
