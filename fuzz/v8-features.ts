/** Which features of WebAssembly 3.0 the running V8 lacks. */
import type { Feature } from '../src/wasm/feature-names.js';
import { Opcode } from '../src/wasm/opcodes.js';
import { refTo, ValType } from '../src/wasm/types.js';
import { webAssembly } from './machine-v8.js';
import { emptyBlock, emptyModule, type ModuleDraft } from './module/draft.js';
import { encodeModule } from './module/encode.js';

const func = { params: [], results: [] };
const wide = { min: 1, address: ValType.i64 };

/** Small modules that have a feature. */
const samples: Partial<Record<Feature, Partial<ModuleDraft>>> = {
  'exception-handling': {
    types: [func],
    functions: [{ type: 0, locals: [], code: [[Opcode.try_table, emptyBlock], [Opcode.end], [Opcode.end]] }],
  },
  'tail-call': {
    types: [func],
    functions: [{ type: 0, locals: [], code: [[Opcode.return_call, 0], [Opcode.end]] }],
  },
  'function-references': { types: [func, { params: [refTo(0)], results: [] }] },
  multimemory: { memories: [{ min: 1 }, { min: 1 }] },
  memory64: { memories: [wide], tables: [{ element: ValType.funcref, limits: wide }] },
};

export const lackingInV8: ReadonlySet<Feature> = new Set(
  Object.entries(samples).flatMap(([feature, sample]) =>
    webAssembly.validate(encodeModule({ ...emptyModule(), ...sample })) ? [] : [feature as Feature],
  ),
);
