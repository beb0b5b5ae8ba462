import { InterpretedFunction } from '../../interpreter/callee.js';
import type { FunctionBody } from '../../interpreter/function-body.js';
import { moduleCode } from '../../interpreter/module-code.js';
import { functionRecord } from '../../layout/structs.js';
import type { CodeSpace } from '../../native/code/code-region.js';
import { assemble } from '../../native/x64/stubs/assemble.js';
import { emitEmptyFunction } from '../../native/x64/stubs/empty-function.js';
import { decodeModule } from '../../wasm/decode.js';
import type { FuncType } from '../../wasm/types.js';
import type { Instance, InstanceStore } from '../instances/instance.js';
import type { Piece } from '../objects/buffer-arena.js';
import { Func } from '../objects/func.js';
import type { ObjectStore } from '../objects/object-store.js';
import { cellAt, writeAddress } from '../values/cells.js';
import { conversionOf } from '../values/values.js';
import { makeCallable } from './call-wrappers.js';
import { type Gate, MachineGate } from './gate.js';
import { InterpreterGate } from './interpreter-gate.js';

/**
 * Kinds of calls that have been made once: V8 has compiled the library's own code for them.
 */
const warm = new Set<string>();

/** What the ways into functions need of the store. */
export type WarmingStore = Pick<InstanceStore, keyof ObjectStore | 'env' | 'interpretation' | 'errorOf'>;

/**
 * Makes the ways from JavaScript into an instance's exports, and takes each once, into functions that do
 * nothing. V8 compiles JavaScript when it first runs: ours too, such as the interpreter's 20 KB.
 */
export function warmUp(store: WarmingStore, instance: Instance): void {
  const { tier } = instance;
  const types = Object.values(instance.exports).flatMap((value) =>
    value instanceof Func ? [value.type] : [],
  );
  // Several results come in memory, at an address that the function would have to find.
  const cold = types.filter(
    (type) => type.results.length <= 1 && !warm.has(warmthKey(tier === 'interp', type)),
  );
  if (cold.length === 0) return;
  const call = (makeGate: (type: FuncType) => Gate): void => {
    for (const type of cold) {
      makeCallable(
        store,
        instance,
        makeGate(type),
        type,
      )(...type.params.map((param) => conversionOf(param).zero));
      warm.add(warmthKey(tier === 'interp', type));
    }
  };
  if (tier === 'interp') {
    call((type) => new InterpreterGate(store, type, emptyFunction(instance)));
    return;
  }
  const piece = store.arena.allocate(functionRecord.size);
  const space = store.env.codeRegion.newSpace();
  try {
    writeEmptyFunction(space, piece);
    call((type) => new MachineGate(store.env, type, piece.address));
  } finally {
    store.arena.release(piece);
    space.dispose();
  }
}

/** Calls of types with the same key run the same code of ours. */
function warmthKey(isInterpreted: boolean, { params, results }: FuncType): string {
  return `${isInterpreted} ${params.join()} ${results.join()}`;
}

/** `(module (func))` in the binary format. */
const emptyModule = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b],
);
let emptyBody: FunctionBody | undefined;

/** A function that does nothing, as one of the instance's, for the interpreter. */
function emptyFunction(instance: Instance): InterpretedFunction {
  // It has no vectors.
  emptyBody ??= moduleCode(decodeModule(emptyModule), () => ({ deterministic: false, fused: false })).body(0);
  const callee = new InterpretedFunction(instance.view, 0, 0, 0, 0);
  callee.body = emptyBody;
  return callee;
}

/** Makes the record of a function that does nothing, and returns 0, for machine code. */
function writeEmptyFunction(space: CodeSpace, { cells, byteOffset }: Piece): void {
  const code = space.place(assemble(emitEmptyFunction));
  writeAddress(cells.u32, cellAt(byteOffset + functionRecord.offsets.code), code);
}
