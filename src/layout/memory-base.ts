import type { MemoryMode } from '../code/code-object.js';
import type { WasmModule } from '../wasm/module.js';
import { is64 } from '../wasm/types.js';

/**
 * Whether the address of byte 0 of a memory may change while code of the instance runs, as far as that code
 * knows. Guarded memories have address space to grow in. Those with 64-bit addresses are never guarded.
 */
export function movesBase({ memories }: WasmModule, memory: number, mode: MemoryMode): boolean {
  return memory < memories.length && (mode === 'checked' || is64(memories[memory].limits));
}
