import type { CodeObject, CpuFeatures, MemoryMode } from '../code/code-object.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import type { WasmModule } from '../wasm/module.js';
import { translate } from './frontend/translate.js';
import { Translator } from './frontend/translator.js';
import type { IrFunction } from './ir/function.js';
import { verify } from './ir/verify.js';
import { LoweringContext } from './lowering/context.js';
import { lower } from './lowering/lower.js';

export interface CompileOptions {
  readonly memoryMode: MemoryMode;
  readonly cpu: CpuFeatures;
  /** Checks the IR before it is lowered; an inconsistency throws. */
  readonly verify?: boolean;
}

/** The working memory of one compilation after another, for one module and one set of options. */
interface Workspace {
  readonly layout: InstanceLayout;
  readonly options: CompileOptions;
  readonly context: LoweringContext;
  readonly translator: Translator;
}

const workspaces = new WeakMap<WasmModule, Workspace>();

function workspaceFor(module: WasmModule, layout: InstanceLayout, options: CompileOptions): Workspace {
  const known = workspaces.get(module);
  if (
    known !== undefined &&
    known.layout === layout &&
    known.options.memoryMode === options.memoryMode &&
    known.options.cpu === options.cpu
  ) {
    return known;
  }
  const context = new LoweringContext(module, layout, options.memoryMode, options.cpu);
  const translator = new Translator(context.ir, module, layout, options.memoryMode);
  const made = { layout, options, context, translator };
  workspaces.set(module, made);
  return made;
}

/**
 * Compiles one defined function of a validated module: wasm → IR → machine code. Pure: the result depends on the
 * arguments only, and nothing outside is touched.
 */
export function compileFunction(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
): CodeObject {
  const { context, translator } = workspaceFor(module, layout, options);
  translate(translator, functionIndex);
  if (options.verify === true) verify(context.ir);
  return lower(context, translator.type, translator.resultArea);
}

/** The IR of a function, valid until the next one of the module is compiled. */
export function translateFunction(
  module: WasmModule,
  layout: InstanceLayout,
  functionIndex: number,
  options: CompileOptions,
): IrFunction {
  const { context, translator } = workspaceFor(module, layout, options);
  translate(translator, functionIndex);
  verify(context.ir);
  return context.ir;
}
