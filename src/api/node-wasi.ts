import { builtinModule } from '../native/ffi/late-modules.js';
import { Instance } from './instance.js';
import { memoryOf } from './memory.js';

type Method = (this: unknown, instance: unknown, ...rest: unknown[]) => unknown;

/** What takes an instance, in any version of Node. */
const methods = ['start', 'initialize', 'finalizeBindings'];

/**
 * Has `node:wasi`, which is native code that only takes memories of V8's, run instances of ours: it is handed
 * the memory of V8's that has the bytes.
 */
export function adaptNodeWasi(): void {
  const prototype: object = loadQuietly().WASI.prototype;
  for (const name of methods) {
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') continue;
    const adapted = {
      [name](this: unknown, instance: unknown, ...rest: unknown[]): unknown {
        return Reflect.apply(method as Method, this, [forNode(instance), ...rest]);
      },
    };
    Object.defineProperty(prototype, name, { value: adapted[name] });
  }
}

/** The module, without the warning that it is experimental, which is for those who import it. */
function loadQuietly(): typeof import('node:wasi') {
  const { emitWarning } = process;
  process.emitWarning = (): void => {};
  try {
    return builtinModule('node:wasi');
  } finally {
    process.emitWarning = emitWarning;
  }
}

function forNode(instance: unknown): unknown {
  if (!(instance instanceof Instance)) return instance;
  const { exports } = instance;
  const memory = memoryOf(exports['memory'])?.v8Memory;
  return memory === undefined ? instance : { exports: { ...exports, memory } };
}
