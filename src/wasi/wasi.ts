import { LinkError } from '../runtime/errors.js';
import { Func } from '../runtime/func.js';
import type { Instance } from '../runtime/instance.js';
import type { Imports } from '../runtime/linking.js';
import { Memory } from '../runtime/memory.js';
import type { Module } from '../runtime/module.js';
import { ExternKind } from '../wasm/module.js';
import { funcTypeText } from '../wasm/types.js';
import { descriptorFunctions } from './descriptor-functions.js';
import { Descriptor, DescriptorTable } from './descriptors.js';
import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';
import { isWasiFunctionName, preview1, wasiFunctionType } from './functions.js';
import { GuestMemory } from './guest-memory.js';
import { HostFile } from './host-file.js';
import { pollFunctions } from './poll-functions.js';
import { ProcExit } from './proc-exit.js';
import { processFunctions } from './process-functions.js';
import type { WasiFunctions } from './state.js';
import { StringList } from './string-list.js';

export interface WasiOptions {
  /** The program's arguments, its name first. */
  readonly args?: readonly string[];
  /** Its environment; nothing of the host's is visible to it otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /** Host descriptors that the program has as its standard streams: 0, 1 and 2 if not given. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
}

type HostFunction = (...args: (number | bigint)[]) => number;

/**
 * WASI preview 1 for one program: arguments, environment, clocks, random numbers and the standard streams. Nothing
 * else of the host can be reached. Functions that are not there yet return ENOSYS.
 *
 *     const wasi = new Wasi({ args: ['program', 'argument'] });
 *     const module = runtime.compile(bytes);
 *     const exitCode = wasi.start(runtime.instantiate(module, wasi.imports(module)));
 */
export class Wasi {
  readonly #memory = new GuestMemory();
  readonly #functions: WasiFunctions;

  /** Throws a TypeError where an argument or an environment entry has a NUL in it. */
  constructor(options: WasiOptions = {}) {
    const descriptors = new DescriptorTable();
    descriptors.set(0, new Descriptor(new HostFile(options.stdin ?? 0), 'read'));
    descriptors.set(1, new Descriptor(new HostFile(options.stdout ?? 1), 'write'));
    descriptors.set(2, new Descriptor(new HostFile(options.stderr ?? 2), 'write'));
    const state = {
      memory: this.#memory,
      args: new StringList(options.args ?? []),
      environ: new StringList(Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)),
      descriptors,
    };
    this.#functions = { ...processFunctions(state), ...descriptorFunctions(state), ...pollFunctions(state) };
  }

  /** See `GuestMemory.onTouch`. */
  set onTouch(onTouch: GuestMemory['onTouch']) {
    this.#memory.onTouch = onTouch;
  }

  /**
   * The WASI functions that `module` imports, to be given to `Runtime.instantiate`.
   *
   * @throws LinkError where the module imports one with a type that it does not have
   */
  imports({ wasm }: Module): Imports {
    // Without prototypes: a module must not reach what every JavaScript object has by asking for its name.
    const imports: Record<string, Record<string, HostFunction>> = Object.create(null);
    const functions: Record<string, HostFunction> = Object.create(null);
    imports[preview1] = functions;
    for (const entry of wasm.imports) {
      const { module, name, kind } = entry;
      if (module !== preview1 || kind !== ExternKind.func || !isWasiFunctionName(name)) continue;
      const expected = funcTypeText(wasm.types[entry.typeIndex]);
      const found = funcTypeText(wasiFunctionType(name));
      if (expected !== found) {
        throw new LinkError(
          `incompatible import type: "${module}" "${name}" must have type ${expected}, not ${found}`,
        );
      }
      const implementation = this.#functions[name];
      functions[name] ??= implementation === undefined ? notImplemented : hostFunction(implementation);
    }
    return imports;
  }

  /**
   * Runs a command: calls its `_start`.
   *
   * @returns the exit code, a u32: that of `proc_exit`, or 0 when `_start` returns
   * @throws TrapError where the program traps, TypeError where there is no `_start`
   */
  start(instance: Instance): number {
    this.bind(instance);
    const { _start: start } = instance.exports;
    if (!(start instanceof Func)) throw new TypeError('the module exports no function _start');
    try {
      start.call();
      return 0;
    } catch (error) {
      if (error instanceof ProcExit) return error.code;
      throw error;
    }
  }

  /** Prepares a reactor: calls its `_initialize`, if it has one, before other exports are called. */
  initialize(instance: Instance): void {
    this.bind(instance);
    const { _initialize: initialize } = instance.exports;
    if (initialize instanceof Func) initialize.call();
  }

  /** Lets the functions work on the memory that `instance` exports as `memory`. */
  bind(instance: Instance): void {
    const { memory } = instance.exports;
    this.#memory.bind(memory instanceof Memory ? memory : undefined);
  }
}

/** An implementation as the program calls it: with signed i32 arguments, and an error number as result. */
function hostFunction(implementation: (...args: never[]) => void): HostFunction {
  const call = implementation as (...args: (number | bigint)[]) => void;
  return (...args) => {
    for (let index = 0; index < args.length; index++) {
      const value = args[index];
      if (typeof value === 'number') args[index] = value >>> 0;
    }
    try {
      call(...args);
      return Errno.success;
    } catch (error) {
      if (error instanceof WasiError) return error.errno;
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      return errnoOfCode(code);
    }
  };
}

function notImplemented(): number {
  return Errno.nosys;
}
