import type { WasmModule } from '../wasm/module.js';
import { ModuleCode } from './callee.js';
import { FunctionDecoder } from './decode.js';

/** The interpreter's code of a module's functions, each of which is decoded when it is first asked for. */
export function moduleCode(module: WasmModule): ModuleCode {
  return new ModuleCode(new FunctionDecoder(module));
}
