import { text, view } from '../native/node-api/views.js';
import { type FileType, VerifierFailureAction } from './capi/enums.js';
import type { Llvm } from './capi/functions.js';
import { Scratch, takeMessage } from './capi/memory.js';
import { hideCutCounters } from './cut-counters.js';

/** Effort of optimization, as WAMR's options: 0 to 3, and 0 to 2 for small code. */
export interface OptimizationLevels {
  readonly level: number;
  readonly sizeLevel: number;
}

/** LLVM's own pipeline for these levels. */
function wholePipeline({ level, sizeLevel }: OptimizationLevels): string {
  return `default<${levelName(level, sizeLevel)}>`;
}

function levelName(level: number, sizeLevel: number): string {
  if (sizeLevel === 0 || level === 0) return `O${level}`;
  return sizeLevel === 1 ? 'Os' : 'Oz';
}

/** The first version whose passes have these names and options. */
const firstWithFixpoint = 18;
const firstToInferAlignment = 18;
const firstToSpeculateUnpredictables = 20;

/**
 * The same in three steps, because we change the code before and after the one that vectorizes loops. They
 * are what `opt -passes='default<O3>' -print-pipeline-passes` prints, without passes that find nothing in our
 * code (and the SLP vectorizer, which is off). The first step is as for ThinLTO, which leaves the rest to the
 * linker.
 */
function pipelineInSteps(
  { level, sizeLevel }: OptimizationLevels,
  major: number,
): readonly [string, string, string] {
  const combine = major >= firstWithFixpoint ? 'instcombine<no-verify-fixpoint>' : 'instcombine';
  const infer = major >= firstToInferAlignment ? ['infer-alignment'] : [];
  const speculate = major >= firstToSpeculateUnpredictables ? ';speculate-unpredictables' : '';
  const unroll = sizeLevel === 0 ? [`loop-unroll<O${level}>`] : [];
  return [
    `thinlto-pre-link<${levelName(level, sizeLevel)}>,` +
      'function(float2int,lower-constant-intrinsics,loop(loop-rotate,loop-deletion))',
    'function(loop-vectorize)',
    `function(${[
      ...infer,
      'loop-load-elim',
      combine,
      'simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-lookup;no-keep-loops;hoist-common-insts;sink-common-insts>',
      'vector-combine',
      combine,
      ...unroll,
      'sroa<preserve-cfg>',
      ...infer,
      combine,
      'loop-mssa(licm<allowspeculation>),loop-sink,instsimplify,div-rem-pairs,tailcallelim',
      `simplifycfg<switch-range-to-icmp;switch-to-lookup;keep-loops${speculate}>`,
    ].join()}),globaldce,constmerge`,
  ];
}

/** Whether loops are vectorized at these levels. */
function vectorizes({ level, sizeLevel }: OptimizationLevels): boolean {
  return level >= 2 && sizeLevel < 2;
}

/** LLVM's optimizer, for a machine and at some levels. */
export class Optimizer {
  readonly #llvm: Llvm;
  readonly #machine: number;
  readonly #levels: OptimizationLevels;
  readonly #steps: readonly [string, string, string] | undefined;

  constructor(llvm: Llvm, major: number, machine: number, levels: OptimizationLevels) {
    this.#llvm = llvm;
    this.#machine = machine;
    this.#levels = levels;
    const steps = pipelineInSteps(levels, major);
    if (vectorizes(levels) && this.#knows(steps)) this.#steps = steps;
  }

  /** Runs it over a module. */
  run(module: number): void {
    const { level, sizeLevel } = this.#levels;
    const llvm = this.#llvm;
    const options = llvm.LLVMCreatePassBuilderOptions();
    llvm.LLVMPassBuilderOptionsSetLoopVectorization(options, 0);
    llvm.LLVMPassBuilderOptionsSetLoopInterleaving(options, 0);
    llvm.LLVMPassBuilderOptionsSetLoopUnrolling(options, level >= 2 && sizeLevel === 0 ? 1 : 0);
    const run = (passes: string): void =>
      throwIf(llvm, llvm.LLVMRunPasses(module, passes, this.#machine, options));
    try {
      if (this.#steps === undefined) {
        // If LLVM does not know a pass by its name, nothing may be vectorized, as at level 1.
        run(wholePipeline(vectorizes(this.#levels) ? { level: 1, sizeLevel } : this.#levels));
        return;
      }
      const [simplify, vectorizeLoops, finish] = this.#steps;
      run(simplify);
      const showCounters = hideCutCounters(llvm, module);
      run(vectorizeLoops);
      showCounters();
      run(finish);
    } finally {
      llvm.LLVMDisposePassBuilderOptions(options);
    }
  }

  /** Whether LLVM knows pipelines: tries them on an empty module. */
  #knows(pipelines: readonly string[]): boolean {
    const llvm = this.#llvm;
    const context = llvm.LLVMContextCreate();
    const module = llvm.LLVMModuleCreateWithNameInContext('empty', context);
    const options = llvm.LLVMCreatePassBuilderOptions();
    const isKnown = pipelines.every((passes) => {
      const error = llvm.LLVMRunPasses(module, passes, this.#machine, options);
      if (error !== 0) llvm.LLVMDisposeErrorMessage(llvm.LLVMGetErrorMessage(error));
      return error === 0;
    });
    llvm.LLVMDisposePassBuilderOptions(options);
    llvm.LLVMDisposeModule(module);
    llvm.LLVMContextDispose(context);
    return isKnown;
  }
}

/** If there is an error, throws what LLVM says of it. */
function throwIf(llvm: Llvm, error: number): void {
  if (error === 0) return;
  const message = llvm.LLVMGetErrorMessage(error);
  const copy = text(message);
  llvm.LLVMDisposeErrorMessage(message);
  throw new Error(`LLVM cannot optimize: ${copy}`);
}

/** Checks a module with LLVM's verifier. Throws what that says, if it finds anything. */
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
    ...[machine, module, kind, out.addressOf(0), out.addressOf(1)],
  );
  const [message, buffer] = [out.at(0), out.at(1)];
  out.free();
  if (failed !== 0) throw new Error(`LLVM cannot make machine code: ${takeMessage(llvm, message)}`);
  const bytes = new Uint8Array(view(llvm.LLVMGetBufferStart(buffer), llvm.LLVMGetBufferSize(buffer))).slice();
  llvm.LLVMDisposeMemoryBuffer(buffer);
  return bytes;
}
