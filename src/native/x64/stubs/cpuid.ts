import { array, struct } from '../../../layout/struct.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { type CpuidAnswers, cpuidLeaves, xgetbvBit } from '../../../x64/cpu-extensions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { movAddress } from './stub-code.js';

const { rax, rbx, rcx, rdx, rdi } = Gpr;

/** What the instruction gives for a leaf. */
const registers = struct({ eax: 'u32', ebx: 'u32', ecx: 'u32', edx: 'u32' });

/** What it gives for all leaves, in their order; then the lower half of XCR0. */
export const cpuidResult = struct({ leaves: array(registers, cpuidLeaves.length), keptRegisters: 'u32' });

/** void (): runs CPUID for every leaf, reads XCR0 where there is one, and writes a zeroed `cpuidResult`. */
export function emitCpuid(a: Assembler, result: Address): void {
  const { eax, ebx, ecx, edx } = registers.offsets;
  a.r(X.push, rbx);
  movAddress(a, rdi, result);
  for (const [index, { leaf, subleaf }] of cpuidLeaves.entries()) {
    const at = index * registers.size;
    a.movImm(rax, leaf, 0);
    a.movImm(rcx, subleaf, 0);
    a.op(X.cpuid);
    a.mr(X.mov32, rdi, at + eax, rax);
    a.mr(X.mov32, rdi, at + ebx, rbx);
    a.mr(X.mov32, rdi, at + ecx, rcx);
    a.mr(X.mov32, rdi, at + edx, rdx);
  }
  const done = a.newLabel();
  const versions = cpuidLeaves.findIndex(({ leaf }) => leaf === 1) * registers.size;
  a.mi(X.test32, rdi, versions + ecx, 1 << xgetbvBit);
  a.jcc(Condition.e, done);
  a.movImm(rcx, 0, 0);
  a.op(X.xgetbv);
  a.mr(X.mov32, rdi, cpuidResult.offsets.keptRegisters, rax);
  a.bind(done);
  a.r(X.pop, rbx);
  a.op(X.ret);
}

/** What a `cpuidResult` says, whose words these are. */
export function decodeCpuid(words: Uint32Array): CpuidAnswers {
  return { words, keptRegisters: words[cpuidResult.offsets.keptRegisters / 4] };
}
