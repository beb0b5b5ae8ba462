import { types } from 'node:util';
import { aBoolean, anything, arrayOf, aString, optionsOf } from '../checks/checks.js';
import { described } from '../checks/describe.js';
import { dispose } from '../checks/disposal.js';
import { argumentTypeError } from '../checks/errors.js';
import { nativeUnavailable } from '../native/ffi/ffi.js';
import { LinkError } from '../runtime/errors.js';
import type { Exports } from '../runtime/instances/exports.js';
import { forEachImporter, type Importer } from '../runtime/instances/importer.js';
import type { Instance } from '../runtime/instances/instance.js';
import type { Imports } from '../runtime/instances/linking.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import type { Memory } from '../runtime/objects/memory.js';
import { ExternKind } from '../wasm/module.js';
import { funcTypeText } from '../wasm/types.js';
import { FdFlags, layouts } from './abi.js';
import { Beneath, beneath, type Resolution } from './beneath.js';
import { type Bytes, bytesOf, entriesOf, type Named } from './bytes.js';
import type { CollectedOutput } from './collected-output.js';
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
import type { HostFile } from './host.js';
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
import { openInput, openOutput, type WasiInput, type WasiOutput } from './standard-streams.js';
import type { WasiFunctions, WasiState } from './state.js';
import { StringList } from './string-list.js';
import { systemHost } from './system-host.js';

export interface WasiOptions {
  /** The program's arguments, its name first. */
  readonly args?: readonly Bytes[];
  /** Its environment; it sees nothing of the host's. */
  readonly env?: Named<Bytes>;
  /**
   * Directories that the program may use: the host's directories, by the program's paths for them. Nothing
   * outside them can be reached.
   */
  readonly preopens?: Named<Bytes | Preopen>;
  /**
   * Addresses such as `127.0.0.1:8080` on which it accepts connections. Their descriptors follow those of the
   * directories.
   */
  readonly listen?: readonly string[];
  /** The program's standard streams. Default: those of the process. */
  readonly stdin?: WasiInput;
  readonly stdout?: WasiOutput;
  readonly stderr?: WasiOutput;
  /** How paths are resolved, for tests. */
  readonly resolution?: Resolution;
}

/** Names of all options; their values are checked where they are read. */
const wasiOptions = optionsOf<WasiOptions>({
  args: anything,
  env: anything,
  preopens: anything,
  listen: arrayOf(aString),
  stdin: anything,
  stdout: anything,
  stderr: anything,
  resolution: anything,
});

type Functions = Readonly<Record<string, HostFunction>>;
type FunctionsByVersion = { [Version in WasiVersion]?: Functions };

/** The functions of one instance. */
interface ImporterFunctions {
  readonly memory: GuestMemory;
  readonly byVersion: FunctionsByVersion;
}

function readArguments(args: unknown): Uint8Array[] {
  if (!Array.isArray(args)) throw argumentTypeError(`args: expected an array, not ${described(args)}`);
  return args.map((argument, index) => bytesOf(argument, `args[${index}]`));
}

function readEnvironment(env: unknown): Uint8Array[] {
  return entriesOf(env, 'env').map(([name, value]) => {
    const nameBytes = bytesOf(name, 'env');
    const valueBytes = bytesOf(value, `env: the value of ${Buffer.from(nameBytes)}`);
    return Buffer.concat([nameBytes, Buffer.from('='), valueBytes]);
  });
}

const preopenOptions = optionsOf<Preopen>({ path: anything, readOnly: aBoolean });

/** Reads a preopened directory as a user gave it. */
function readPreopen(preopen: unknown): Preopen {
  const isPath = typeof preopen !== 'object' || preopen === null || types.isUint8Array(preopen);
  if (isPath) return { path: preopen as Bytes };
  preopenOptions.test('Wasi: options.preopens', preopen);
  return preopen as Preopen;
}

function notCollected(name: 'stdout' | 'stderr'): never {
  throw new Error(`${name} is not collected: it is with the option ${name}: 'buffer'`);
}

/**
 * The memory of an instance that a program means: of several, the one that it exports by the name that WASI
 * demands, or the first.
 */
export function memoryOf(instance: Instance<object>): Memory | undefined {
  const { memories, exports } = instance.module.wasm;
  if (memories.length <= 1) return memories.length === 1 ? instance.memory(0) : undefined;
  const exported = exports.find(({ kind, name }) => kind === ExternKind.memory && name === 'memory');
  return instance.memory(exported?.index ?? 0);
}

/**
 * WASI preview 1 for one program, and its predecessor `wasi_unstable`. Of the host the program sees only what
 * the options give it (arguments, environment, standard streams, directories, listening sockets), and clocks
 * and random numbers.
 *
 *     const wasi = new Wasi({ args: ['program', 'argument'], preopens: { '/data': 'some/directory' } });
 *     const module = runtime.compile(bytes);
 *     const exitCode = wasi.start(runtime.instantiate(module, wasi.imports(module)));
 */
export class Wasi {
  /** The addresses of the listening sockets, with the ports that they got. */
  readonly listening: readonly string[];
  readonly #memory = new GuestMemory();
  readonly #descriptors = new DescriptorTable();
  readonly #state: Omit<WasiState, 'layouts' | 'memory'>;
  readonly #functions: FunctionsByVersion = {};
  readonly #importers = new WeakMap<Importer, ImporterFunctions>();
  readonly #stdout: CollectedOutput | undefined;
  readonly #stderr: CollectedOutput | undefined;

  /**
   * @throws TypeError or RangeError if an option is invalid: also for a NUL in an argument, an environment
   *   entry or a path, and for a descriptor that is not open
   * @throws PreopenError if a directory or an address is not available
   */
  constructor(options: WasiOptions = {}) {
    wasiOptions.test('Wasi: options', options);
    const host = nativeUnavailable() === undefined ? systemHost : nodeHost;
    const descriptors = this.#descriptors;
    const { resolution } = options;
    this.#state = {
      args: new StringList(readArguments(options.args ?? [])),
      environ: new StringList(readEnvironment(options.env ?? {})),
      descriptors,
      host,
      beneath: resolution === undefined ? beneath : () => new Beneath(resolution),
    };
    const stream = (file: HostFile, access: 'read' | 'write'): void => {
      const rights = () => ({ base: standardStreamRights(file, access), inheriting: 0 });
      const readable = access === 'read';
      const flags = () => (file.appends ? FdFlags.append : 0);
      descriptors.add(new Descriptor(file, { rights, readable, writable: !readable, owned: false, flags }));
    };
    stream(openInput(host, options.stdin), 'read');
    const stdout = openOutput(host, 'stdout', options.stdout);
    stream(stdout.file, 'write');
    this.#stdout = stdout.collected;
    const stderr = openOutput(host, 'stderr', options.stderr);
    stream(stderr.file, 'write');
    this.#stderr = stderr.collected;
    try {
      for (const [name, preopen] of entriesOf(options.preopens ?? {}, 'preopens')) {
        descriptors.add(openPreopen(name, readPreopen(preopen)));
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

  /**
   * What the program has written to its standard output. Throws an Error if that is not collected (`stdout:
   * 'buffer'`).
   */
  get stdout(): CollectedOutput {
    return this.#stdout ?? notCollected('stdout');
  }

  /**
   * What the program has written to its standard error stream. Throws an Error if that is not collected
   * (`stderr: 'buffer'`).
   */
  get stderr(): CollectedOutput {
    return this.#stderr ?? notCollected('stderr');
  }

  /** See `GuestMemory`; for functions that no instance imports directly. @internal */
  set onTouch(onTouch: GuestMemory['onTouch']) {
    this.#memory.onTouch = onTouch;
  }

  /** See `GuestMemory`; for functions that no instance imports directly. @internal */
  set whenUnbound(whenUnbound: GuestMemory['whenUnbound']) {
    this.#memory.whenUnbound = whenUnbound;
  }

  /**
   * The WASI functions that `module` imports, to be passed to `Runtime.instantiate`. In each instance that
   * imports them they work on its memory, even while its start function runs. If `proc_exit` is called there,
   * `instantiate` throws its `ProcExit`.
   *
   * When JavaScript calls them, for example from a function imported in their place, they work on the memory
   * set by `bind` or `bindMemory`.
   *
   * @throws LinkError if the module imports one with a wrong type
   */
  imports(module: Module): Imports {
    const { wasm } = module;
    // No prototypes: a module must not reach properties that every JavaScript object has by importing their
    // names.
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

  /** All functions of a WASI version, as importable JavaScript functions. */
  functions(version: WasiVersion): Readonly<Record<string, HostFunction>> {
    this.#functions[version] ??= this.#makeImportable(version);
    return this.#functions[version];
  }

  /**
   * Runs a command: calls its `_start`.
   *
   * @returns the exit code, a u32: the one passed to `proc_exit`, or 0 if `_start` returns
   * @throws TrapError if the program traps, TypeError if there is no `_start`
   */
  start(instance: Instance<object>): number {
    this.bind(instance);
    const { _start: start } = instance.exports as Exports;
    if (!(start instanceof Func)) throw argumentTypeError('the module exports no function _start');
    try {
      start();
      return 0;
    } catch (error) {
      if (error instanceof ProcExit) return error.exitCode;
      throw error;
    }
  }

  /** Prepares a reactor: calls its `_initialize`, if it has one. To be called before other exports. */
  initialize(instance: Instance<object>): void {
    this.bind(instance);
    const { _initialize: initialize } = instance.exports as Exports;
    if (initialize instanceof Func) initialize();
  }

  /** Lets functions called by JavaScript work on the memory of `instance`. */
  bind(instance: Instance<object>): void {
    this.bindMemory(memoryOf(instance));
  }

  /** Lets functions called by JavaScript work on a memory; undefined if the program has none. */
  bindMemory(memory: LinearMemory | undefined): void {
    this.#memory.bind(memory);
  }

  /** Closes everything that the program has open, except standard streams of the process. */
  dispose(): void {
    this.#descriptors.closeAll();
  }

  /** The same as `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  #makeImportable(version: WasiVersion): Functions {
    const functions = this.#makeFunctions(version, this.#memory);
    for (const [name, fn] of Object.entries(functions)) {
      forEachImporter(fn, (importer) => this.#functionsFor(importer, version)[name]);
    }
    return functions;
  }

  #functionsFor(importer: Importer, version: WasiVersion): Functions {
    let own = this.#importers.get(importer);
    if (own === undefined) {
      const memory = new GuestMemory();
      importer.whenMade((instance) => memory.bind(memoryOf(instance)));
      own = { memory, byVersion: {} };
      this.#importers.set(importer, own);
    }
    own.byVersion[version] ??= this.#makeFunctions(version, own.memory);
    return own.byVersion[version];
  }

  #makeFunctions(version: WasiVersion, memory: GuestMemory): Functions {
    const state: WasiState = { ...this.#state, memory, layouts: layouts[version] };
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
      functions[name] = hostFunction(memory, implementations[name], wasiFunctionType(name).params);
    }
    return functions;
  }
}
