import type { CpuFeatures } from '../code/code-object.js';
import { text } from '../native/views.js';
import { CodeModel, RelocMode } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';
import { Scratch, takeMessage } from './capi/memory.js';

export const triple = 'x86_64-unknown-linux-gnu';

/** What LLVM may use of a processor. */
export interface TargetCpu {
  /** LLVM's name of the processor, such as `x86-64` or `sapphirerapids`. */
  readonly name: string;
  /** `+feature` and `-feature`, separated by commas. */
  readonly features: string;
}

/** LLVM's names of the extensions that can be chosen one by one. */
const featureNames: Readonly<Record<keyof CpuFeatures, string>> = {
  sse41: 'sse4.1',
  popcnt: 'popcnt',
  lzcnt: 'lzcnt',
  bmi1: 'bmi',
  bmi2: 'bmi2',
};

/** The processor to compile for: plain x86-64 with the extensions named, or, where none are named, this machine's. */
export function targetCpu(llvm: Llvm, cpu: CpuFeatures | undefined): TargetCpu {
  if (cpu === undefined) {
    return {
      name: takeMessage(llvm, llvm.LLVMGetHostCPUName()),
      features: takeMessage(llvm, llvm.LLVMGetHostCPUFeatures()),
    };
  }
  const names = Object.entries(featureNames) as [keyof CpuFeatures, string][];
  const features = names.map(([key, name]) => `${cpu[key] ? '+' : '-'}${name}`).join(',');
  return { name: 'x86-64', features };
}

/**
 * A target machine for position-independent code. `level` is 0 to 3, the effort of code generation. It belongs to one
 * thread.
 */
export function createTargetMachine(llvm: Llvm, cpu: TargetCpu, level: number): number {
  const out = new Scratch();
  out.list(0, 0);
  if (llvm.LLVMGetTargetFromTriple(triple, out.address, out.address + 8) !== 0) {
    throw new Error(`LLVM has no backend for ${triple}: ${text(out.at(1))}`);
  }
  const target = out.at(0);
  out.free();
  return llvm.LLVMCreateTargetMachine(
    target,
    triple,
    cpu.name,
    cpu.features,
    level,
    RelocMode.pic,
    CodeModel.small,
  );
}
