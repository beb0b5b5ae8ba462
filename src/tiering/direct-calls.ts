import { translate } from '../frontend/translate.js';
import { Translator } from '../frontend/translator.js';
import { IrFunction } from '../ir/function.js';
import { Op } from '../ir/ops.js';
import type { InstanceLayout } from '../layout/instance-layout.js';
import { functionRecord } from '../layout/structs.js';
import type { WasmModule } from '../wasm/module.js';

/** Finds which defined functions a function calls directly. */
export class DirectCalls {
  readonly #wasm: WasmModule;
  readonly #layout: InstanceLayout;
  readonly #translator: Translator;
  readonly #known = new Map<number, Int32Array>();

  constructor(wasm: WasmModule, layout: InstanceLayout) {
    this.#wasm = wasm;
    this.#layout = layout;
    this.#translator = new Translator(new IrFunction(), wasm, layout);
  }

  /** Indices of the callees, each once, in the order in which they are first called. */
  of(functionIndex: number): Int32Array {
    let callees = this.#known.get(functionIndex);
    if (callees === undefined) {
      callees = this.#find(functionIndex);
      this.#known.set(functionIndex, callees);
    }
    return callees;
  }

  /** Bytes of a function's body. */
  bodySize(functionIndex: number): number {
    const defined = functionIndex - this.#wasm.importedFunctionCount;
    return this.#wasm.bodyEnds[defined] - this.#wasm.bodyStarts[defined];
  }

  #find(functionIndex: number): Int32Array {
    const { ir } = this.#translator;
    translate(this.#translator, functionIndex);
    const { importedFunctionCount } = this.#layout;
    const first = this.#layout.function(importedFunctionCount);
    const callees = new Set<number>();
    for (let at = 0; at < ir.count; at++) {
      if (ir.op[at] === Op.call || ir.op[at] === Op.return_call)
        callees.add(importedFunctionCount + (ir.b[at] - first) / functionRecord.size);
    }
    return Int32Array.from(callees);
  }
}
