import { argumentTypeError } from '../../checks/errors.js';
import {
  type NativeSignature,
  parseNativeSignature,
  plainSignature,
  signatureMismatch,
  usesMemory,
} from '../../code/native-signature.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { SharedLibrary } from '../../native/libraries/shared-library.js';
import { printableName } from '../../wasm/printable-name.js';
import type { FuncType } from '../../wasm/types.js';
import type { Instance } from '../instances/instance.js';
import type { Memory } from '../objects/memory.js';

/** What `this` is in a JavaScript function that was registered as a native one. */
export interface NativeCaller {
  /** The instance that imports the function. */
  readonly instance: Instance;
  /** Its memory 0. */
  readonly memory: Memory | undefined;
  readonly attachment: unknown;
}

/**
 * A function that modules can import by name: see `Runtime.registerNatives`. Of `symbol`, `address` and
 * `function` one may be given; without any of them the symbol is `name`.
 */
export interface NativeDescription {
  /** Name of the import. */
  readonly name: string;
  /**
   * How arguments are passed, in WAMR's letters: see `docs/native-functions.md`. Without one, all are passed
   * as they are, with any type that the import has.
   */
  readonly signature?: string | undefined;
  /** Name of a C function of the library, or, without a library, of one that the process has. */
  readonly symbol?: string | undefined;
  /** Address of a C function. */
  readonly address?: number | bigint | undefined;
  /**
   * A JavaScript function. For `*~` and `*n` it gets a Uint8Array of the bytes, for `*` one of all that
   * follows in memory, for `$` a string, and null for offset 0 unless `!` forbids it; else what imports get.
   * `this` is a `NativeCaller`.
   */
  readonly function?: ((this: NativeCaller, ...args: never[]) => unknown) | undefined;
  /** What the function finds as its attachment: for C functions with `execEnv` an address, else any value. */
  readonly attachment?: unknown;
  /** The C function takes an `upshift_exec_env *` before all other arguments. Default: false. */
  readonly execEnv?: boolean | undefined;
  /**
   * The C function needs 16 KiB of stack at most, and calls nothing of Upshift's: it is called on the stack
   * of the wasm code, which is a little quicker. Default: false.
   */
  readonly littleStack?: boolean | undefined;
}

/** A C function, ready to be called. @internal */
export interface NativeCode {
  readonly address: Address;
  readonly attachment: Address;
  readonly passesExecEnv: boolean;
  readonly needsLittleStack: boolean;
}

/** A registered function. @internal */
export class Native {
  readonly module: string;
  readonly name: string;
  readonly #signature: NativeSignature | undefined;
  readonly target: NativeCode | NonNullable<NativeDescription['function']>;
  readonly attachment: unknown;

  /**
   * @throws SyntaxError for a malformed signature; TypeError for a description that contradicts itself;
   *   Error where there is no such symbol
   */
  constructor(module: string, description: NativeDescription, library: SharedLibrary) {
    const { name, signature, attachment } = description;
    this.module = module;
    this.name = name;
    this.#signature = signature === undefined ? undefined : parseNativeSignature(signature);
    this.attachment = attachment;
    this.target = targetOf(this.text, description, library);
  }

  /** For messages. */
  get text(): string {
    return `native function "${printableName(this.module)}" "${printableName(this.name)}"`;
  }

  /** How the function is called where it is imported with a type. */
  signatureFor(type: FuncType): NativeSignature {
    return this.#signature ?? plainSignature(type);
  }

  /**
   * Why the function cannot be imported with a type by a module with or without a memory; undefined where it
   * can.
   */
  mismatch(type: FuncType, hasMemory: boolean): string | undefined {
    const signature = this.signatureFor(type);
    if (usesMemory(signature) && !hasMemory) return 'needs a memory';
    return signatureMismatch(signature, type);
  }
}

function targetOf(text: string, description: NativeDescription, library: SharedLibrary): Native['target'] {
  const { name, symbol, address, attachment, execEnv = false, littleStack = false } = description;
  const given = [symbol, address, description.function].filter((way) => way !== undefined);
  if (given.length > 1)
    throw argumentTypeError(`${text}: only one of symbol, address and function can be given`);
  if (description.function !== undefined) {
    if (typeof description.function !== 'function')
      throw argumentTypeError(`${text}: function must be a function`);
    if (execEnv || littleStack)
      throw argumentTypeError(`${text}: execEnv and littleStack are for C functions`);
    return description.function;
  }
  if (execEnv && littleStack) {
    throw argumentTypeError(`${text}: a function with execEnv may call back, so it cannot have littleStack`);
  }
  if (attachment !== undefined && !execEnv) {
    throw argumentTypeError(`${text}: a C function finds its attachment only with execEnv`);
  }
  return {
    address: address === undefined ? symbolAddress(text, symbol ?? name, library) : addressOf(text, address),
    attachment: attachment === undefined ? 0 : addressOf(text, attachment),
    passesExecEnv: execEnv,
    needsLittleStack: littleStack,
  };
}

function symbolAddress(text: string, symbol: string, library: SharedLibrary): Address {
  const address = library.symbol(symbol);
  if (address === undefined) throw new Error(`${text}: there is no symbol ${symbol}`);
  return address;
}

/** Addresses in user space end here. */
const addressEnd = 2 ** 47;

function addressOf(text: string, value: unknown): Address {
  const address = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isInteger(address) && address >= 0 && address < addressEnd) return address;
  throw argumentTypeError(`${text}: ${String(value)} is not an address`);
}
