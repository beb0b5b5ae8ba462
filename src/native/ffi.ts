/**
 * The one door to foreign code: a small interface over koffi, so that another FFI (Node's own `node:ffi`) can take
 * its place. Nothing else imports koffi.
 */
import { loadKoffi } from './koffi.js';

/** An address in this process. User space ends below 2^47, so a number holds every address exactly. */
export type Address = number;

/** C types in signatures: `address` is a pointer-sized integer, `long` a signed one. */
export type CType = 'void' | 'int' | 'long' | 'size' | 'address' | 'double' | 'string';

const koffi = loadKoffi();

const koffiTypes: Readonly<Record<CType, string>> = {
  void: 'void',
  int: 'int',
  long: 'int64_t',
  size: 'size_t',
  address: 'uintptr_t',
  double: 'double',
  string: 'const char *',
};

const program = koffi.load(null);
const procedure = koffi.proto('void()');

/** A C function that is visible in the process (libc, or what Node exports). Throws where there is none. */
export function func(
  name: string,
  result: CType,
  parameters: readonly CType[],
): (...args: unknown[]) => number {
  return program.func(
    name,
    koffiTypes[result],
    parameters.map((type) => koffiTypes[type]),
  ) as (...args: unknown[]) => number;
}

/** A shared library. */
export interface Library {
  /** A C function of the library, as `func` makes them. Throws where there is none. */
  func(name: string, result: CType, parameters: readonly CType[]): (...args: unknown[]) => number;
}

/** Loads a shared library, by a path or by a name that the system's loader finds. Throws where it cannot. */
export function openLibrary(path: string): Library {
  const library = koffi.load(path);
  return {
    func: (name, result, parameters) =>
      library.func(
        name,
        koffiTypes[result],
        parameters.map((type) => koffiTypes[type]),
      ) as (...args: unknown[]) => number,
  };
}

const dlsym = func('dlsym', 'address', ['address', 'string']);
/** RTLD_DEFAULT. */
const everywhere = 0;

/** Address of a symbol that is visible in the process. Throws where there is none. */
export function symbol(name: string): Address {
  const address = dlsym(everywhere, name);
  if (address === 0) throw new Error(`no symbol ${name}`);
  return address;
}

/** `errno` as the last call through `func` left it. */
export function errno(): number {
  return koffi.errno();
}

/** The symbolic name of an errno value, such as `ENOMEM`. */
export function errnoName(value: number): string {
  for (const [name, number] of Object.entries(koffi.os.errno)) if (number === value) return name;
  return `errno ${value}`;
}

/**
 * Native memory as an ArrayBuffer. The memory must stay mapped for as long as anybody may look at the buffer:
 * `detach` it first. For what is loaded before `views.ts`, which has a better one.
 */
export function view(address: Address, byteLength: number): ArrayBuffer {
  return koffi.view(address, byteLength);
}

/**
 * Machine code at `address` as a function without parameters and result. It must preserve what System V says, and must
 * not call JavaScript: it runs on a stack of the FFI's own.
 */
export function callable(address: Address): () => void {
  return koffi.decode(address, procedure);
}

/** Address of this thread's `napi_env`. */
export function nodeEnvironment(): Address {
  return Number(koffi.node.env);
}
