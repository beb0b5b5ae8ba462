import type { WasmModule } from '../wasm/module.js';
import { ModuleCode } from './callee.js';
import { FunctionDecoder } from './decode.js';
import type { RelaxedMeaning } from './vectors/relaxed.js';

/**
 * The interpreter's code of a module's functions, each of which is decoded when it is first asked for.
 * `meaning` is asked when the first relaxed instruction is decoded.
 */
export function moduleCode(module: WasmModule, meaning: () => RelaxedMeaning): ModuleCode {
  return new ModuleCode(new FunctionDecoder(module, meaning));
}
