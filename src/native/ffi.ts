/**
 * The one door to foreign code: a small interface over koffi, so that another FFI (Node's own `node:ffi`) can take
 * its place. Nothing else imports koffi.
 */
import { hostSystem } from './host-system.js';
import { type Koffi, loadKoffi } from './koffi.js';
import { lazy } from './lazy.js';

/** An address in this process. User space ends below 2^47, so a number holds every address exactly. */
export type Address = number;

/** C types in signatures: `address` is a pointer-sized integer, `long` a signed one, `buffer` a typed array's memory. */
export type CType = 'void' | 'int' | 'long' | 'size' | 'address' | 'double' | 'string' | 'buffer';

const koffiTypes: Readonly<Record<CType, string>> = {
  void: 'void',
  int: 'int',
  long: 'int64_t',
  size: 'size_t',
  address: 'uintptr_t',
  double: 'double',
  string: 'const char *',
  buffer: 'void *',
};

type ForeignFunction = (...args: unknown[]) => number;

/** The FFI, loaded when it is first asked for; or why there is none, in a line. */
const loaded = lazy((): Koffi | string => {
  const { platform, arch } = process;
  if (hostSystem.environment('UPSHIFT_FFI') === 'none') return 'the FFI is switched off by UPSHIFT_FFI=none';
  if (platform !== 'linux') return `there is no JIT for ${platform}`;
  if (arch !== 'x64') return `there is no JIT for ${arch}`;
  try {
    return loadKoffi();
  } catch (error) {
    return `koffi could not be loaded: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`;
  }
});

/**
 * Why nothing of this process can be reached but what Node offers, in a line: no memory by its address, no machine code,
 * no function of libc. Undefined where all that is possible. Loads the FFI. Never changes within a thread.
 */
export function nativeUnavailable(): string | undefined {
  const koffi = loaded();
  return typeof koffi === 'string' ? koffi : undefined;
}

function ffi(): Koffi {
  const koffi = loaded();
  if (typeof koffi === 'string') throw new Error(koffi);
  return koffi;
}

const program = lazy(() => ffi().load(null));

/** Functions that have been asked for and not been made yet. */
let pending: (() => ForeignFunction)[] = [];

/**
 * A C function that is visible in the process (libc, or what Node exports). It is made when it, or another one, is first
 * called: koffi ends the process if it makes a function while the thread is being stopped, so it makes all at one go, early.
 * To call one that does not exist throws.
 */
export function func(name: string, result: CType, parameters: readonly CType[]): ForeignFunction {
  const made = lazy(() => program().func(name, ...signature(result, parameters)) as ForeignFunction);
  pending.push(made);
  return (...args) => {
    if (pending.length > 0) makePending();
    return made()(...args);
  };
}

function makePending(): void {
  const makers = pending;
  pending = [];
  for (const make of makers) {
    try {
      make();
    } catch {
      // Whoever calls it is told.
    }
  }
}

function signature(result: CType, parameters: readonly CType[]): [result: string, parameters: string[]] {
  return [koffiTypes[result], parameters.map((type) => koffiTypes[type])];
}

/** A shared library. */
export interface Library {
  /** A C function of the library. Throws where there is none. */
  func(name: string, result: CType, parameters: readonly CType[]): ForeignFunction;
}

/** Loads a shared library, by a path or by a name that the system's loader finds. Throws where it cannot. */
export function openLibrary(path: string): Library {
  const library = ffi().load(path);
  return {
    func: (name, result, parameters) =>
      library.func(name, ...signature(result, parameters)) as ForeignFunction,
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
  return ffi().errno();
}

/** The symbolic name of an errno value, such as `ENOMEM`. */
export function errnoName(value: number): string {
  for (const [name, number] of Object.entries(ffi().os.errno)) if (number === value) return name;
  return `errno ${value}`;
}

/**
 * Native memory as an ArrayBuffer. The memory must stay mapped for as long as anybody may look at the buffer:
 * `detach` it first. For what `views.ts` is built on, which has a better one.
 */
export function view(address: Address, byteLength: number): ArrayBuffer {
  return ffi().view(address, byteLength);
}

/**
 * Address of byte 0 of an ArrayBuffer, or of bytes in one, shared or not. V8 does not move it, and frees it when the last buffer
 * that shows it is garbage.
 */
export function addressOf(bytes: ArrayBuffer | Uint8Array): Address {
  return Number(ffi().address(bytes));
}

const procedure = lazy(() => ffi().proto('void()'));

/**
 * Machine code at `address` as a function without parameters and result. It must preserve what System V says, and must
 * not call JavaScript: it runs on a stack of the FFI's own.
 */
export function callable(address: Address): () => void {
  return ffi().decode(address, procedure());
}

/** Address of this thread's `napi_env`. */
export function nodeEnvironment(): Address {
  return Number(ffi().node.env);
}
