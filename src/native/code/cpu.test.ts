import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Gpr } from '../../x64/abi.js';
import { Assembler } from '../../x64/assembler.js';
import type { CpuFeatures } from '../../x64/cpu-features.js';
import { X } from '../../x64/instructions.js';
import { callable, view } from '../ffi/ffi.js';
import { allocate, pageSize, placeCodePage } from '../process/pages.js';
import { movAddress } from '../x64/stubs/stub-code.js';
import { hostCpu } from './cpu.js';

const { rax, rcx, rdx, rdi } = Gpr;

/** The kernel's names of the features. */
const kernelNames: Readonly<Record<keyof CpuFeatures, string>> = {
  sse41: 'sse4_1',
  popcnt: 'popcnt',
  lzcnt: 'abm',
  bmi1: 'bmi1',
  bmi2: 'bmi2',
  avx: 'avx',
  avx2: 'avx2',
  fma: 'fma',
};

test('CPUID says of all features that the kernel knows that they are there', () => {
  const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  assert.ok(line);
  const flags = new Set(line[1].trim().split(' '));
  // In virtual machines the kernel may not list all that there is.
  for (const [name, kernelName] of Object.entries(kernelNames)) {
    if (flags.has(kernelName)) assert.equal(hostCpu()[name as keyof CpuFeatures], true, name);
  }
  assert.equal(hostCpu(), hostCpu());
});

/**
 * An instruction of each feature with ecx = 8 and edx = 12, and what it leaves in eax. Without the feature
 * some do something else.
 */
const instructions: readonly [keyof CpuFeatures, (a: Assembler) => void, number][] = [
  ['popcnt', (a) => a.rr(X.popcnt32, rax, rdx), 2],
  ['lzcnt', (a) => a.rr(X.lzcnt32, rax, rdx), 28],
  ['bmi1', (a) => a.rrr(X.andn32, rax, rcx, rdx), 4],
  ['bmi2', (a) => a.rrr(X.shlx32, rax, rcx, rdx), 12 << 8],
  [
    'sse41',
    (a) => {
      a.rr(X.movd_xr, 0, rdx);
      a.rr(X.pmulld, 0, 0);
      a.rr(X.movd_rx, rax, 0);
    },
    144,
  ],
  [
    'avx',
    (a) => {
      a.rr(X.movd_xr, 0, rdx);
      a.packed(X.paddd, 1, 0, 0);
      a.packed(X.paddd, 2, 1, 0);
      a.rr(X.movd_rx, rax, 2);
    },
    36,
  ],
  [
    'avx2',
    (a) => {
      a.rr(X.movd_xr, 0, rdx);
      a.packedUnary(X.vpbroadcastd, 1, 0);
      a.packedShift(X.psrldq, 1, 1, 12);
      a.rr(X.movd_rx, rax, 1);
    },
    12,
  ],
  [
    'fma',
    (a) => {
      a.rr(X.movd_xr, 0, rdx);
      a.packedUnary(X.cvtdq2ps, 0, 0);
      a.rr(X.movd_xr, 1, rcx);
      a.packedUnary(X.cvtdq2ps, 1, 1);
      a.packed(X.vfmadd231ps, 1, 0, 0);
      a.packedUnary(X.cvttps2dq, 1, 1);
      a.rr(X.movd_rx, rax, 1);
    },
    152,
  ],
];

for (const [name, emit, expected] of instructions) {
  test(`what CPUID says is there works: ${name}`, { skip: !hostCpu()[name] && 'it is not there' }, () => {
    const result = allocate(pageSize);
    const a = new Assembler();
    a.movImm(rcx, 8, 0);
    a.movImm(rdx, 12, 0);
    emit(a);
    movAddress(a, rdi, result);
    a.mr(X.mov32, rdi, 0, rax);
    a.op(X.ret);
    callable(placeCodePage(a.finish()).address)();
    assert.equal(new Uint32Array(view(result, 4))[0], expected);
  });
}
