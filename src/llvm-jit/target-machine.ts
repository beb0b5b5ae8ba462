import { hostCpuNames } from '../native/code/cpu.js';
import { text } from '../native/node-api/views.js';
import { CodeModel, RelocMode } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';
import { Scratch, takeMessage } from './capi/memory.js';
import type { Target } from './target.js';

/** What LLVM may use of a processor. */
export interface TargetCpu {
  /** LLVM's name of the processor, such as `x86-64` or `sapphirerapids`. */
  readonly name: string;
  /** `+feature` and `-feature`, separated by commas. */
  readonly features: string;
}

/**
 * The processor to compile for: a plain one with the extensions named, or, where none are named, this
 * machine's.
 */
export function targetCpu(
  llvm: Llvm,
  { plainCpu, slowExtensions }: Target,
  cpu: readonly string[] | undefined,
): TargetCpu {
  const isUsed = (name: string): boolean => !slowExtensions.includes(name);
  if (cpu === undefined) {
    return {
      name: takeMessage(llvm, llvm.LLVMGetHostCPUName()),
      features: withoutOthers(
        takeMessage(llvm, llvm.LLVMGetHostCPUFeatures()),
        hostCpuNames().filter(isUsed),
      ),
    };
  }
  return {
    name: plainCpu,
    features: cpu
      .filter(isUsed)
      .map((name) => `+${name}`)
      .join(),
  };
}

/**
 * A list of features without those that are not among `names`. What we do not see ourselves must not be
 * used: nobody could ask another processor for it.
 */
export function withoutOthers(features: string, names: readonly string[]): string {
  const isMeant = (entry: string): boolean => entry.startsWith('-') || names.includes(entry.slice(1));
  return features
    .split(',')
    .map((entry) => (isMeant(entry) ? entry : `-${entry.slice(1)}`))
    .join();
}

/**
 * A target machine for position-independent code. `level` is 0 to 3, the effort of code generation. It
 * belongs to one thread.
 */
export function createTargetMachine(llvm: Llvm, { triple }: Target, cpu: TargetCpu, level: number): number {
  const out = new Scratch();
  out.list(0, 0);
  if (llvm.LLVMGetTargetFromTriple(triple, out.addressOf(0), out.addressOf(1)) !== 0) {
    throw new Error(`LLVM has no backend for ${triple}: ${text(out.at(1))}`);
  }
  const target = out.at(0);
  out.free();
  return llvm.LLVMCreateTargetMachine(
    ...[target, triple, cpu.name, cpu.features, level, RelocMode.pic, CodeModel.small],
  );
}
