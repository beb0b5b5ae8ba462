import { struct } from '../../layout/struct.js';
import { type Address, func, openLibrary } from '../ffi/ffi.js';
import { text, view } from '../node-api/views.js';

const dlopen = func('dlopen', 'address', ['string', 'int']);
const dlsym = func('dlsym', 'address', ['address', 'string']);
/** The FFI copies the message at once. The next call of the loader, or of the FFI, would destroy it. */
const dlerror = func('dlerror', 'string', []) as () => unknown;

/** RTLD_NOW: missing symbols are reported at once. */
const bindNow = 2;

/** A shared library, which stays loaded: machine code may hold addresses in it. */
export interface SharedLibrary {
  /** The address of a symbol; undefined where the library and those that it needs have none. */
  symbol(name: string): Address | undefined;
}

/**
 * Loads a library by a path, or by a name that the system's loader finds. Throws with the loader's reason.
 */
export function loadSharedLibrary(path: string): SharedLibrary {
  const handle = dlopen(path, bindNow);
  if (handle === 0) throw new Error(`cannot load ${path}: ${loaderError(path)}`);
  return { symbol: (name) => dlsym(handle, name) || undefined };
}

/** What is visible in the whole process: libc, libm, and what Node exports. */
export const processSymbols: SharedLibrary = { symbol: (name) => dlsym(0, name) || undefined };

/** What the loader says, without the path that it mostly begins with. */
function loaderError(path: string): string {
  const message = String(dlerror() ?? 'unknown error');
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

/** One entry of the table that `get_native_lib` returns: WAMR's NativeSymbol. */
export interface NativeSymbol {
  readonly name: string;
  readonly address: Address;
  readonly signature: string | undefined;
  readonly attachment: Address;
}

/** What a library offers to wasm modules by `get_native_lib`. */
export interface NativeLibrary {
  readonly module: string;
  readonly symbols: readonly NativeSymbol[];
}

/** WAMR's `NativeSymbol`. */
const nativeSymbol = struct({ name: 'u64', address: 'u64', signature: 'u64', attachment: 'u64' });

/**
 * Asks a library for its native functions, in WAMR's way:
 *
 *     int init_native_lib(void);                      optional; 0 is success
 *     uint32_t get_native_lib(char **module_name, NativeSymbol **symbols);
 *
 * with `{ const char *symbol; void *function; const char *signature; void *attachment; }` as NativeSymbol.
 * Undefined for a library that has no `get_native_lib`. Throws where it cannot be loaded, or says that it
 * failed.
 */
export function readNativeLibrary(path: string): NativeLibrary | undefined {
  const loaded = loadSharedLibrary(path);
  if (loaded.symbol('get_native_lib') === undefined) return undefined;
  const library = openLibrary(path);
  if (loaded.symbol('init_native_lib') !== undefined) {
    const status = library.func('init_native_lib', 'int', [])();
    if (status !== 0) throw new Error(`${path}: init_native_lib failed with ${status}`);
  }
  const out = new BigUint64Array(2);
  const count = library.func('get_native_lib', 'int', ['buffer', 'buffer'])(
    out.subarray(0, 1),
    out.subarray(1),
  );
  const [module, table] = [Number(out[0]), Number(out[1])];
  if (module === 0 || (table === 0 && count > 0)) throw new Error(`${path}: get_native_lib gave no table`);
  const byteLength = count * nativeSymbol.size;
  const words = new BigUint64Array(byteLength === 0 ? new ArrayBuffer(0) : view(table, byteLength)).slice();
  const symbols = Array.from({ length: count }, (_, k): NativeSymbol => {
    const field = (name: keyof typeof nativeSymbol.offsets): number =>
      Number(words[(k * nativeSymbol.size + nativeSymbol.offsets[name]) / 8]);
    const signature = field('signature');
    return {
      name: text(field('name')),
      address: field('address'),
      signature: signature === 0 ? undefined : text(signature),
      attachment: field('attachment'),
    };
  });
  return { module: text(module), symbols };
}
