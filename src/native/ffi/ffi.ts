/**
 * The one door to foreign code: a small interface over koffi. Nothing else imports koffi, so another FFI
 * (Node's own `node:ffi`) could take its place.
 */
import { errorLine } from '../../checks/error-text.js';
import { whyNotExecutable } from './executable-memory.js';
import { hostSystem } from './host-system.js';
import { type Koffi, loadKoffi } from './koffi.js';
import { lazy } from './lazy.js';

/** An address in this process. User space ends below 2^47, so a number holds every address exactly. */
export type Address = number;

/**
 * C types in signatures: `address` is a pointer-sized integer, `long` a signed one, `buffer` a typed array's
 * memory.
 */
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

export type ForeignFunction = (...args: unknown[]) => number;

/** The FFI, loaded when it is first asked for; or the reason why it cannot be had, in a line. */
const loaded = lazy((): Koffi | string => {
  const { platform, arch } = process;
  if (hostSystem.environment('UPSHIFT_FFI') === 'none') return 'the FFI is switched off by UPSHIFT_FFI=none';
  if (platform !== 'linux') return `there is no JIT for ${platform}`;
  if (arch !== 'x64') return `there is no JIT for ${arch}`;
  // It could make no functions.
  if (Object.isFrozen(Uint8Array)) return 'Node was started with --frozen-intrinsics';
  try {
    const koffi = loadKoffi();
    return whyNotExecutable(koffi) ?? koffi;
  } catch (error) {
    return `koffi could not be loaded: ${errorLine(error)}`;
  }
});

/**
 * Why the machine cannot be reached, in a line: no memory by its address, no machine code, no function of
 * libc. Undefined where it can. Loads the FFI. Never changes within a thread.
 */
export function nativeUnavailable(): string | undefined {
  const koffi = loaded();
  return typeof koffi === 'string' ? koffi : undefined;
}

/**
 * As `nativeUnavailable`, but undefined also where nothing else is to be expected: on other platforms, and
 * where the user has switched the FFI off.
 */
export function nativeFailure(): string | undefined {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64' || hostSystem.environment('UPSHIFT_FFI') === 'none')
    return undefined;
  return nativeUnavailable();
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
 * A C function that is visible in the process (libc, or what Node exports). It is made when it, or another
 * one, is first called: koffi ends the process if it makes a function while the thread is being stopped, so
 * it makes all at one go, early. To call one that does not exist throws.
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
  /** Address of a symbol; undefined where there is none. */
  symbol(name: string): Address | undefined;
}

/** Loads a shared library, by a path or by a name that the system's loader finds. Throws where it cannot. */
export function openLibrary(path: string): Library {
  const koffi = ffi();
  const library = koffi.load(path);
  return {
    func: (name, result, parameters) =>
      library.func(name, ...signature(result, parameters)) as ForeignFunction,
    symbol: (name) => {
      try {
        return Number(koffi.address(library.symbol(name, 'void')));
      } catch {
        return undefined;
      }
    },
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
 * Address of byte 0 of an ArrayBuffer, or of bytes in one, shared or not. V8 does not move it, and frees it
 * when the last buffer that shows it is garbage.
 */
export function addressOf(bytes: ArrayBuffer | Uint8Array): Address {
  return Number(ffi().address(bytes));
}

/** A C function at an address. */
export function functionAt(address: Address, result: CType, parameters: readonly CType[]): ForeignFunction {
  const koffi = ffi();
  return koffi.decode(address, koffi.proto(...signature(result, parameters))) as ForeignFunction;
}

const procedure = lazy(() => ffi().proto('void()'));

/**
 * Machine code at `address` as a function without parameters and result. It must preserve what System V says,
 * and must not call JavaScript: it runs on a stack of the FFI's own.
 */
export function callable(address: Address): () => void {
  return ffi().decode(address, procedure());
}

/** Address of this thread's `napi_env`. */
export function nodeEnvironment(): Address {
  return Number(ffi().node.env);
}
