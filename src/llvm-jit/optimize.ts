import { text, view } from '../native/views.js';
import { type FileType, VerifierFailureAction } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';
import { Scratch, takeMessage } from './capi/memory.js';

/** Effort of optimization, as WAMR's options: 0 to 3, and 0 to 2 for small code. */
export interface OptimizationLevels {
  readonly level: number;
  readonly sizeLevel: number;
}

/** The new pass manager's pipeline for these levels. */
function pipeline({ level, sizeLevel }: OptimizationLevels): string {
  if (sizeLevel === 0 || level === 0) return `default<O${level}>`;
  return sizeLevel === 1 ? 'default<Os>' : 'default<Oz>';
}

/** Runs LLVM's optimizer over a module. */
export function optimize(llvm: Llvm, module: number, machine: number, levels: OptimizationLevels): void {
  const options = llvm.LLVMCreatePassBuilderOptions();
  const vectorize = levels.level >= 2 && levels.sizeLevel < 2 ? 1 : 0;
  llvm.LLVMPassBuilderOptionsSetLoopVectorization(options, vectorize);
  llvm.LLVMPassBuilderOptionsSetLoopInterleaving(options, vectorize);
  llvm.LLVMPassBuilderOptionsSetLoopUnrolling(options, levels.level >= 2 && levels.sizeLevel === 0 ? 1 : 0);
  const error = llvm.LLVMRunPasses(module, pipeline(levels), machine, options);
  llvm.LLVMDisposePassBuilderOptions(options);
  if (error === 0) return;
  const message = llvm.LLVMGetErrorMessage(error);
  const copy = text(message);
  llvm.LLVMDisposeErrorMessage(message);
  throw new Error(`LLVM cannot optimize: ${copy}`);
}

/** Checks a module by LLVM's verifier. Throws with what it says. */
export function verifyModule(llvm: Llvm, module: number): void {
  const out = new Scratch();
  const broken = llvm.LLVMVerifyModule(module, VerifierFailureAction.returnStatus, out.list(0));
  const message = takeMessage(llvm, out.at(0));
  out.free();
  if (broken !== 0) throw new Error(`LLVM's verifier: ${message}`);
}

/** Makes an object file, or assembly text, of a module. */
export function emit(
  llvm: Llvm,
  module: number,
  machine: number,
  kind: (typeof FileType)[keyof typeof FileType],
): Uint8Array {
  const out = new Scratch();
  out.list(0, 0);
  const failed = llvm.LLVMTargetMachineEmitToMemoryBuffer(
    machine,
    module,
    kind,
    out.address,
    out.address + 8,
  );
  const [message, buffer] = [out.at(0), out.at(1)];
  out.free();
  if (failed !== 0) throw new Error(`LLVM cannot make machine code: ${takeMessage(llvm, message)}`);
  const bytes = new Uint8Array(view(llvm.LLVMGetBufferStart(buffer), llvm.LLVMGetBufferSize(buffer))).slice();
  llvm.LLVMDisposeMemoryBuffer(buffer);
  return bytes;
}
