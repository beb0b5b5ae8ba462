import type { Extern } from '../runtime/instances/extern.js';
import type { Func } from '../runtime/objects/func.js';
import { makeHandlerFunction } from '../runtime/objects/host-function.js';
import type { Import } from '../wasm/module.js';
import { ExternKind } from '../wasm/module.js';
import { agentRuntime, agentStore } from './agent.js';
import type { BoundImport } from './compile-options.js';
import { type Hold, holdOfContent } from './holds.js';
import type { Builtin } from './js-string.js';

interface BuiltinFunction {
  readonly func: Func;
  /** The function lives as long as the thread. */
  readonly hold: Hold;
}

const functions = new Map<Builtin, BuiltinFunction>();

/**
 * What an instance imports where the compiler has bound the import.
 *
 * @param onMade is told of what nobody but the instance holds
 */
export function boundExtern(entry: Import, bound: BoundImport, onMade: (extern: Extern) => void): Extern {
  if (!('text' in bound)) return builtinFunction(bound);
  if (entry.kind !== ExternKind.global) throw new Error('internal error: text that is no global');
  const global = agentRuntime().global({ type: entry.type.type, mutable: false }, bound.text);
  global.owner.held = false;
  onMade(global);
  return global;
}

function builtinFunction(builtin: Builtin): Func {
  let made = functions.get(builtin);
  if (made === undefined) {
    const store = agentStore();
    const func = makeHandlerFunction(store, builtin.type, () => builtin.makeHandler(store.externrefs));
    made = { func, hold: holdOfContent(func) };
    functions.set(builtin, made);
  }
  return made.func;
}
