import type { MemoryMode } from '../../code/code-object.js';
import { Trap } from '../../code/traps.js';
import { trapCodeLength, trapOfCode } from '../../llvm-jit/x64/trap-code.js';
import type { CodeRegion } from '../../native/code/code-region.js';
import type { Address } from '../../native/ffi/ffi.js';

/**
 * The trap that a fault of an instruction of LLVM's means: an explicit one, or else an access to a guarded
 * memory's unmapped pages.
 */
export function llvmTrapAt(codeRegion: CodeRegion, pc: Address, memoryMode: MemoryMode): Trap | undefined {
  const explicit = trapOfCode(codeRegion.read(pc, trapCodeLength));
  if (explicit !== undefined) return explicit;
  return memoryMode === 'guarded' ? Trap.memoryOutOfBounds : undefined;
}
