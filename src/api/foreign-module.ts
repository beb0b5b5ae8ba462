import { CompileError as RuntimeCompileError } from '../wasm/errors.js';
import { tellFallback } from './agent.js';
import type { CompileOptions } from './compile-options.js';
import { type V8Engine, v8Engine, v8Object } from './v8-engine.js';

/** A module that V8's own engine runs. */
export class ForeignModule {
  /** V8's module, which is also the object of the API. */
  readonly object: object;
  /** Why. */
  readonly reason: string;

  constructor(object: object, reason: string, wasmBytes: number | null) {
    this.object = object;
    this.reason = reason;
    tellFallback({ name: moduleName(object), wasmBytes, reason });
  }
}

const foreignModules = new WeakMap<object, ForeignModule>();

function foreignModule(object: object, reason: string, wasmBytes: number | null): ForeignModule {
  let module = foreignModules.get(object);
  if (module === undefined) {
    module = new ForeignModule(object, reason, wasmBytes);
    foreignModules.set(object, module);
  }
  return module;
}

/** The module of V8's engine that a value is: also one that another thread has sent. */
export function foreignModuleOf(value: unknown): ForeignModule | undefined {
  const object = v8Object('Module', value);
  return object && foreignModule(object, 'it came as a module of that engine', null);
}

/** Whether V8's engine is asked to run a module in our stead, by what ours has thrown. */
function isRefusal(error: unknown): error is RuntimeCompileError {
  return error instanceof RuntimeCompileError;
}

/** V8's engine, where it can compile a module that ours has refused by `error`. */
function engineFor(
  error: unknown,
  { builtins, importedStringConstants }: CompileOptions,
): V8Engine | undefined {
  const engine = isRefusal(error) ? v8Engine() : undefined;
  if (engine === undefined) return undefined;
  return (builtins.size === 0 && importedStringConstants === undefined) || bindsImports(engine)
    ? engine
    : undefined;
}

/** A module that imports `js-string`'s `length` as a function of another type. */
const wrongImport = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 25, 1, 14],
  ...Buffer.from('wasm:js-string'),
  ...[6, ...Buffer.from('length'), 0, 0],
);

/** Whether V8 knows the compile options: it does from version 13 on. */
function bindsImports(engine: V8Engine): boolean {
  return !engine.validate(wrongImport, { builtins: ['js-string'] });
}

/** Whether V8's engine would run a module that ours has refused by `error`. */
export function isValidForV8(bytes: Uint8Array, error: unknown, options: CompileOptions): boolean {
  return engineFor(error, options)?.validate(bytes, options.given) === true;
}

/**
 * Compiles a module by V8's engine that ours has refused.
 *
 * @throws what ours has thrown, where V8's engine refuses it, too
 */
export function compileByV8(bytes: Uint8Array, error: unknown, options: CompileOptions): ForeignModule {
  const engine = engineFor(error, options);
  if (engine === undefined) throw error;
  let object: object;
  try {
    object = new engine.Module(bytes, options.given);
  } catch {
    throw error;
  }
  return foreignModule(object, reasonOf(error), bytes.length);
}

/** As `compileByV8`, in the background. */
export async function compileByV8Async(
  bytes: Uint8Array,
  error: unknown,
  options: CompileOptions,
): Promise<ForeignModule> {
  const engine = engineFor(error, options);
  if (engine === undefined) throw error;
  let object: object;
  try {
    object = await engine.compile(bytes, options.given);
  } catch {
    throw error;
  }
  return foreignModule(object, reasonOf(error), bytes.length);
}

function reasonOf(error: unknown): string {
  return (error as Error).message;
}

/** Subsection 0 of the name section (spec 3.0, appendix 7.5.1). */
function moduleName(object: object): string | null {
  const [section] = v8Engine()?.Module.customSections(object, 'name') ?? [];
  if (section === undefined) return null;
  const bytes = new Uint8Array(section);
  // The sizes of subsection and name have at most five bytes each.
  if (bytes[0] !== 0) return null;
  let at = 1;
  const size = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  size();
  const length = size();
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}
