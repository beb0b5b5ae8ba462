import type { ElfMachine } from './elf/machine.js';

/**
 * What the LLVM tier must know of a processor. `x64/target.ts` is the one there is, and `host-target.ts`
 * chooses it; a second one needs such a folder, with its own `trap-code.ts` for the runtime.
 */
export interface Target {
  /** LLVM's name of processor, vendor, system and ABI. */
  readonly triple: string;
  /** Functions of LLVM's C API, without arguments, that make the backend known in the process. */
  readonly initializers: readonly string[];
  /** LLVM's name of the processor without any extensions. */
  readonly plainCpu: string;
  /** Constraints of inline assembly: the registers that hold a value, by VType. */
  readonly registerConstraints: readonly string[];
  /** Attributes of functions, key and value, that say how frames are set up. */
  readonly frameAttributes: readonly (readonly [key: string, value: string])[];
  /** The folder in which Debian has the processor's libraries. */
  readonly libraryFolder: string;
  readonly elf: ElfMachine;
}
