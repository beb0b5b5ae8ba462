import type { RegisterSet } from './register-set.js';

/** What the allocator must know about the registers of a processor. Each processor's folder supplies one. */
export interface RegisterInfo {
  /** Names by the allocator's number, as an assembler for the processor writes them. */
  readonly names: readonly string[];
  /** General registers that values can be given. */
  readonly general: RegisterSet;
  /** Float registers that values can be given. */
  readonly float: RegisterSet;
  /** Both together. */
  readonly allocatable: RegisterSet;
  /** Those of them that a callee preserves. */
  readonly calleeSaved: RegisterSet;
  /** Those of them that a call destroys. */
  readonly callerSaved: RegisterSet;
  /**
   * Registers that the lowering uses within one instruction, and moves may destroy. Values are never given
   * these.
   */
  readonly scratch: RegisterSet;
}
