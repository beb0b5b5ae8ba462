import type { BufferSource } from '../../checks/bytes.js';
import { aBoolean, anObject, oneOf, optionsOf } from '../../checks/checks.js';

/** What goes into an AOT file. */
export interface SerializeOptions {
  /** Whether the file has the module too. Without it, whoever loads the file must have it. Default: true. */
  readonly wasm?: boolean | undefined;
  /**
   * Compiles what is not compiled yet before it is written: by the Fast JIT, or by LLVM; `made` takes what
   * there is. Default: `fast`.
   */
  readonly code?: 'made' | 'fast' | 'llvm' | undefined;
}

/** @internal */
export const serializeOptions = optionsOf<SerializeOptions>({
  wasm: aBoolean,
  code: oneOf(['made', 'fast', 'llvm']),
});

/** How an AOT file is loaded. */
export interface LoadOptions {
  /** The module that the file is of, where the file does not have it. */
  readonly wasm?: BufferSource | undefined;
}

/** @internal */
export const loadOptions = optionsOf<LoadOptions>({ wasm: anObject });
