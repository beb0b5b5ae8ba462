import { ExternKind, type Import, type WasmModule } from '../wasm/module.js';
import { printableName } from '../wasm/printable-name.js';
import { typeId } from '../wasm/type-registry.js';
import { funcTypeText, nonNull, ValType } from '../wasm/types.js';
import { CompileError } from './errors.js';
import { type Builtin, builtinSets } from './js-string.js';
import { isObject } from './web-idl.js';

/** Options of the functions that compile (JS API 3.0, section 5, `WebAssemblyCompileOptions`). */
export interface WebAssemblyCompileOptions {
  /** Names of sets of builtin functions that modules import as `wasm:` and the name: there is `js-string`. */
  readonly builtins?: Iterable<string> | undefined;
  /** From this module name, globals are imported that hold their own names. */
  readonly importedStringConstants?: string | null | undefined;
}

/** The same, read. @internal */
export interface CompileOptions {
  readonly builtins: ReadonlySet<string>;
  readonly importedStringConstants: string | undefined;
  /** As they were given, for V8's own engine. */
  readonly given: unknown;
}

const noBuiltins: ReadonlySet<string> = new Set();

/**
 * Reads compile options. As in V8, what is no object has none of them.
 *
 * @throws TypeError where `builtins` is no iterable object, or text cannot be made of what is given; what its
 *   getters throw
 * @internal
 */
export function readCompileOptions(what: string, given: unknown): CompileOptions {
  if (!isObject(given)) return { builtins: noBuiltins, importedStringConstants: undefined, given: undefined };
  const { builtins, importedStringConstants: constants } = given as Readonly<Record<string, unknown>>;
  return {
    builtins: builtins === undefined ? noBuiltins : readNames(`${what}: builtins`, builtins),
    importedStringConstants: constants === undefined || constants === null ? undefined : toText(constants),
    given,
  };
}

function readNames(what: string, value: unknown): ReadonlySet<string> {
  if (!isObject(value) || typeof Reflect.get(value, Symbol.iterator) !== 'function') {
    throw new TypeError(`${what} must be an iterable object`);
  }
  return new Set([...(value as Iterable<unknown>)].map(toText));
}

/** Converts a value to a USVString (Web IDL, section 3.2.12): lone surrogates are replaced. */
function toText(value: unknown): string {
  return Buffer.from(`${value}`).toString();
}

/** What a module gets for an import from the compiler, in place of the imports object. @internal */
export type BoundImport = Builtin | { readonly text: string };

const externText = nonNull(ValType.externref);

/**
 * Says what the options bind imports of a module to, in their order: undefined for those that are left.
 * Returns undefined where they bind none.
 *
 * @throws CompileError where an import has another type than what it is bound to
 * @internal
 */
export function bindImports(
  wasm: WasmModule,
  { builtins, importedStringConstants }: CompileOptions,
): readonly (BoundImport | undefined)[] | undefined {
  if (builtins.size === 0 && importedStringConstants === undefined) return undefined;
  const bound = wasm.imports.map((entry) => {
    if (entry.module === importedStringConstants) return boundText(entry);
    const set = entry.module.startsWith('wasm:') ? entry.module.slice('wasm:'.length) : undefined;
    return set !== undefined && builtins.has(set) ? boundBuiltin(wasm, entry, set) : undefined;
  });
  return bound.every((one) => one === undefined) ? undefined : bound;
}

function boundText(entry: Import): BoundImport {
  const fits =
    entry.kind === ExternKind.global &&
    !entry.type.mutable &&
    (entry.type.type === ValType.externref || entry.type.type === externText);
  if (!fits) throw bindingError(entry, 'an immutable global of type externref or (ref extern)');
  return { text: entry.name };
}

function boundBuiltin(wasm: WasmModule, entry: Import, set: string): BoundImport | undefined {
  const builtin = builtinSets.get(set)?.get(entry.name);
  // Globals and the like are looked up as ever.
  if (builtin === undefined || entry.kind !== ExternKind.func) return undefined;
  if (wasm.typeIds[entry.typeIndex] === typeId(builtin.type)) return builtin;
  throw bindingError(entry, `a function of type ${funcTypeText(builtin.type)}`);
}

function bindingError({ module, name, offset }: Import, expected: string): Error {
  const which = `"${printableName(module)}" "${printableName(name)}"`;
  return new CompileError(`import ${which} must be ${expected} (at offset 0x${offset.toString(16)})`);
}
