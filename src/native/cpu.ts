import { Gpr } from '../code/abi.js';
import type { CpuFeatures } from '../code/code-object.js';
import { Assembler } from '../x64/assembler.js';
import { X } from '../x64/instructions.js';
import { callable, view } from './ffi.js';
import { lazy } from './lazy.js';
import { allocate, pageSize, placeCodePage, release } from './pages.js';
import { movAddress } from './stubs/stub-code.js';

const { rax, rbx, rcx, rdx, rdi } = Gpr;

/** CPUID leaves that are asked: for each, registers eax–edx are written, 16 bytes. */
const leaves: readonly number[] = [0, 1, 7, 0x8000_0000, 0x8000_0001];

/** What the processor can do, as its CPUID instruction says. */
export const hostCpu: () => CpuFeatures = lazy(() => decode(runCpuid()));

/** Runs CPUID for every leaf, and returns the results in the same order. */
function runCpuid(): Uint32Array {
  const block = allocate(pageSize);
  const a = new Assembler();
  a.r(X.push, rbx);
  movAddress(a, rdi, block);
  leaves.forEach((leaf, index) => {
    a.movImm(rax, leaf, 0);
    a.movImm(rcx, 0, 0);
    a.op(X.cpuid);
    [rax, rbx, rcx, rdx].forEach((register, word) => {
      a.mr(X.mov32, rdi, 16 * index + 4 * word, register);
    });
  });
  a.r(X.pop, rbx);
  a.op(X.ret);
  const code = placeCodePage(a.finish());
  callable(code.address)();
  const result = new Uint32Array(view(block, 16 * leaves.length)).slice();
  release(block, pageSize);
  release(code.address, code.byteLength);
  return result;
}

function decode(words: Uint32Array): CpuFeatures {
  const bit = (leaf: number, word: number, index: number): boolean =>
    ((words[4 * leaves.indexOf(leaf) + word] >>> index) & 1) === 1;
  const has = (leaf: number): boolean =>
    words[4 * leaves.indexOf(leaf & 0x8000_0000 ? 0x8000_0000 : 0)] >= leaf;
  const structured = has(7);
  return {
    sse41: bit(1, 2, 19),
    popcnt: bit(1, 2, 23),
    lzcnt: has(0x8000_0001) && bit(0x8000_0001, 2, 5),
    bmi1: structured && bit(7, 1, 3),
    bmi2: structured && bit(7, 1, 8),
  };
}
