import { nativeUnavailable } from '../native/ffi.js';
import { LinkError } from '../runtime/errors.js';
import { Func } from '../runtime/func.js';
import type { Instance } from '../runtime/instance.js';
import type { Imports } from '../runtime/linking.js';
import { Memory } from '../runtime/memory.js';
import type { Module } from '../runtime/module.js';
import { ExternKind } from '../wasm/module.js';
import { funcTypeText } from '../wasm/types.js';
import { layouts } from './abi.js';
import { Beneath, beneath, type Resolution } from './beneath.js';
import { descriptorFunctions } from './descriptor-functions.js';
import { Descriptor, DescriptorTable } from './descriptors.js';
import { directoryFunctions } from './directory-functions.js';
import { fileFunctions } from './file-functions.js';
import {
  isWasiFunctionName,
  versionOfModule,
  type WasiVersion,
  wasiFunctionNames,
  wasiFunctionType,
} from './functions.js';
import { GuestMemory, type LinearMemory } from './guest-memory.js';
import { type HostFunction, hostFunction } from './host-function.js';
import { nodeHost } from './node-host.js';
import { pathFunctions } from './path-functions.js';
import { pathOpenFunctions } from './path-open.js';
import { pollFunctions } from './poll-functions.js';
import { openListener, openPreopen, type Preopen } from './preopens.js';
import { ProcExit } from './proc-exit.js';
import { processFunctions } from './process-functions.js';
import { standardStreamRights } from './rights.js';
import { socketFunctions } from './socket-functions.js';
import type { WasiFunctions, WasiState } from './state.js';
import { StringList } from './string-list.js';
import { systemHost } from './system-host.js';

export interface WasiOptions {
  /** The program's arguments, its name first. */
  readonly args?: readonly string[];
  /** Its environment; nothing of the host's is visible to it otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Directories that it may use: by the paths that it knows them by, the host's directories, as paths or with more to say. Nothing
   * outside them can be reached.
   */
  readonly preopens?: Readonly<Record<string, string | Preopen>>;
  /** Addresses such as `127.0.0.1:8080` on which it accepts connections: as descriptors behind the directories. */
  readonly listen?: readonly string[];
  /** Host descriptors that the program has as its standard streams: 0, 1 and 2 if not given. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /** How paths are resolved: for tests. */
  readonly resolution?: Resolution;
}

/**
 * WASI preview 1 for one program, and its predecessor `wasi_unstable`. Of the host it sees what the options say: arguments,
 * environment, standard streams, directories, listening sockets; and clocks and random numbers.
 *
 *     const wasi = new Wasi({ args: ['program', 'argument'], preopens: { '/data': 'some/directory' } });
 *     const module = runtime.compile(bytes);
 *     const exitCode = wasi.start(runtime.instantiate(module, wasi.imports(module)));
 */
export class Wasi {
  /** The addresses of the listening sockets, with the ports that they have got. */
  readonly listening: readonly string[];
  readonly #memory = new GuestMemory();
  readonly #descriptors = new DescriptorTable();
  readonly #state: Omit<WasiState, 'layouts'>;
  readonly #functions: { [Version in WasiVersion]?: Readonly<Record<string, HostFunction>> } = {};

  /**
   * @throws TypeError where an argument, an environment entry or a path has a NUL in it
   * @throws PreopenError where a directory or an address cannot be had
   */
  constructor(options: WasiOptions = {}) {
    const host = nativeUnavailable() === undefined ? systemHost : nodeHost;
    const descriptors = this.#descriptors;
    const { resolution } = options;
    this.#state = {
      memory: this.#memory,
      args: new StringList(options.args ?? []),
      environ: new StringList(Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)),
      descriptors,
      host,
      beneath: resolution === undefined ? beneath : () => new Beneath(resolution),
    };
    const stream = (fd: number, access: 'read' | 'write'): void => {
      const file = host.stream(fd);
      const rights = () => ({ base: standardStreamRights(file, access), inheriting: 0 });
      const readable = access === 'read';
      descriptors.add(new Descriptor(file, { rights, readable, writable: !readable, owned: false }));
    };
    stream(options.stdin ?? 0, 'read');
    stream(options.stdout ?? 1, 'write');
    stream(options.stderr ?? 2, 'write');
    try {
      for (const [name, preopen] of Object.entries(options.preopens ?? {})) {
        descriptors.add(openPreopen(name, typeof preopen === 'string' ? { path: preopen } : preopen));
      }
      this.listening = (options.listen ?? []).map((wanted) => {
        const { descriptor, address } = openListener(wanted);
        descriptors.add(descriptor);
        return address;
      });
    } catch (error) {
      this.dispose();
      throw error;
    }
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
    for (const entry of wasm.imports) {
      const { module, name, kind } = entry;
      const version = versionOfModule(module);
      if (version === undefined) continue;
      imports[module] ??= Object.create(null) as Record<string, HostFunction>;
      if (kind !== ExternKind.func || !isWasiFunctionName(name, version)) continue;
      const expected = funcTypeText(wasm.types[entry.typeIndex]);
      const found = funcTypeText(wasiFunctionType(name));
      if (expected !== found) {
        throw new LinkError(
          `incompatible import type: "${module}" "${name}" must have type ${expected}, not ${found}`,
        );
      }
      imports[module][name] = this.functions(version)[name];
    }
    return imports;
  }

  /** All functions of a version of WASI, as JavaScript functions that are imported. */
  functions(version: WasiVersion): Readonly<Record<string, HostFunction>> {
    this.#functions[version] ??= this.#makeFunctions(version);
    return this.#functions[version];
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
    this.bindMemory(memory instanceof Memory ? memory : undefined);
  }

  /** Lets the functions work on a memory; undefined where the program has none. */
  bindMemory(memory: LinearMemory | undefined): void {
    this.#memory.bind(memory);
  }

  /** Closes everything that the program has open, but for standard streams of the process. */
  dispose(): void {
    this.#descriptors.closeAll();
  }

  #makeFunctions(version: WasiVersion): Readonly<Record<string, HostFunction>> {
    const state: WasiState = { ...this.#state, layouts: layouts[version] };
    const implementations = {
      ...processFunctions(state),
      ...descriptorFunctions(state),
      ...fileFunctions(state),
      ...directoryFunctions(state),
      ...pathOpenFunctions(state),
      ...pathFunctions(state),
      ...pollFunctions(state),
      ...socketFunctions(state),
    } satisfies WasiFunctions as Required<WasiFunctions>;
    const functions: Record<string, HostFunction> = Object.create(null);
    const names = wasiFunctionNames.filter((name) => isWasiFunctionName(name, version));
    for (const name of names) {
      functions[name] = hostFunction(this.#memory, implementations[name], wasiFunctionType(name).params);
    }
    return functions;
  }
}
