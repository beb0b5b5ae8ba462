import type { CodeObject, MemoryMode } from '../code/code-object.js';
import type { NativeSignature } from '../code/native-signature.js';
import { translateNativeWrapper, withAddressType } from '../frontend/native-wrapper.js';
import { translate } from '../frontend/translate.js';
import { Translator } from '../frontend/translator.js';
import type { IrFunction } from '../ir/function.js';
import { verify } from '../ir/verify.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import { movesBase } from '../layout/memory-base.js';
import type { WasmModule } from '../wasm/module.js';
import type { LoopProbe, Places, SavedRegister } from './target.js';
// The processor that code is made for.
import { type Context, type CpuFeatures, target } from './x64/target.js';

export interface CompileOptions {
  readonly memoryMode: MemoryMode;
  readonly cpu: CpuFeatures;
  /** Checks the IR before it is lowered; an inconsistency throws. */
  readonly verify?: boolean;
  /**
   * Words that each of three kinds of sets of live registers may take for one function. In a larger function
   * all locals count as live everywhere: its code is slower, but compiling it takes no more memory. Default:
   * 4 Mi words.
   */
  readonly livenessLimit?: number | undefined;
  /**
   * Makes code that counts the instance's heat counter (`InstanceLayout.heat`) down, by 1 at each call of the
   * function and at each turn of its loops. Default: false.
   */
  readonly countHeat?: boolean | undefined;
  /**
   * Relaxed instructions mean what they mean in the deterministic profile of the spec. Default: false.
   */
  readonly deterministic?: boolean | undefined;
}

const defaultLivenessLimit = 1 << 22;

/** The working memory of one compilation after another. */
interface Workspace {
  readonly context: Context;
  readonly translator: Translator;
}

let workspace: Workspace | undefined;

/** Readies the working memory for a function of a module. It is made at the first call. */
function open(module: WasmModule, layout: InstanceLayout, options: CompileOptions): Workspace {
  if (workspace === undefined) {
    const context = target.newContext(module, layout);
    workspace = { context, translator: new Translator(context.ir, module, layout) };
  }
  const { context, translator } = workspace;
  if (translator.module !== module || translator.layout !== layout) {
    context.open(module, layout);
    translator.module = module;
    translator.layout = layout;
  }
  context.compileFor(options.cpu);
  context.movesBase = movesBase(module, 0, options.memoryMode);
  context.livenessLimit = options.livenessLimit ?? defaultLivenessLimit;
  translator.memoryMode = options.memoryMode;
  translator.countHeat = options.countHeat ?? false;
  translator.deterministic = options.deterministic ?? false;
  return workspace;
}

/**
 * Compiles one defined function of a validated module: wasm → IR → machine code. Pure: the result depends on
 * the arguments only, and nothing outside is touched.
 */
export function compileFunction(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
): CodeObject {
  const { context, translator } = open(module, layout, options);
  translate(translator, functionIndex);
  if (options.verify === true) verify(context.ir);
  return target.lower(context, translator.type, translator.resultArea);
}

/**
 * Compiles the wrapper of a native function. Wasm code calls it. It checks offsets, makes addresses of them,
 * and calls the native function's inner record, which is `inner` bytes into the instance's block. Pure, like
 * `compileFunction`.
 */
export function compileNativeWrapper(
  module: WasmModule,
  layout: InstanceLayout,
  importIndex: number,
  signature: NativeSignature,
  inner: number,
  options: CompileOptions,
): CodeObject {
  const { context, translator } = open(withAddressType(module, importIndex, signature), layout, {
    ...options,
    countHeat: false,
  });
  translateNativeWrapper(translator, importIndex, signature, inner);
  if (options.verify === true) verify(context.ir);
  return target.lower(context, translator.type, translator.resultArea);
}

/** Where code of the Fast JIT, counting heat, keeps the state of its function at the head of a loop. */
export interface LoopFrame extends Places {
  readonly saved: readonly SavedRegister[];
}

/**
 * Where code that counts heat has the state of its function, as `loopState` lists it, when it counts a turn
 * of the loop at `wasmOffset`. The options must be those that `compileFunction` made the code with,
 * `countHeat` aside. Undefined if there is no such loop. The function is compiled once more to find out.
 */
export function loopFrame(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
  wasmOffset: number,
): LoopFrame | undefined {
  const { context, translator } = open(module, layout, { ...options, countHeat: true });
  translate(translator, functionIndex);
  const probe: LoopProbe = { wasmOffset, places: undefined };
  context.probe = probe;
  try {
    target.lower(context, translator.type, translator.resultArea);
  } finally {
    context.probe = undefined;
  }
  if (probe.places === undefined) return undefined;
  return { ...probe.places, saved: target.savedRegisters(context) };
}

/** The IR of a function, valid until the next one is compiled. */
export function translateFunction(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
): IrFunction {
  const { context, translator } = open(module, layout, options);
  translate(translator, functionIndex);
  verify(context.ir);
  return context.ir;
}
