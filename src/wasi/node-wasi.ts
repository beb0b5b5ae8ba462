import { inspect } from 'node:util';
import { preview0, preview1, type WasiVersion } from './functions.js';
import type { LinearMemory } from './guest-memory.js';
import type { HostFunction } from './host-function.js';
import type { Preopen } from './preopens.js';
import { ProcExit } from './proc-exit.js';
import { Wasi } from './wasi.js';

/** Options of `new WASI`, as those of `node:wasi`. */
export interface NodeWasiOptions {
  readonly version: WasiVersion;
  /** Default: none. */
  readonly args?: readonly unknown[] | undefined;
  /** Default: empty. */
  readonly env?: Readonly<Record<string, unknown>> | undefined;
  /** By the program's paths for them. Default: none. */
  readonly preopens?: Readonly<Record<string, string | Preopen>> | undefined;
  /** Whether `proc_exit` ends `start` instead of the process. Default: true. */
  readonly returnOnExit?: boolean | undefined;
  /** Descriptors of the process. Default: 0, 1 and 2. */
  readonly stdin?: number | undefined;
  readonly stdout?: number | undefined;
  readonly stderr?: number | undefined;
}

/** An instance of the JavaScript API, Upshift's or V8's. */
export interface InstanceLike {
  readonly exports: object;
}

const moduleNameOf: Readonly<Record<string, string>> = { preview1, unstable: preview0 };
const maxDescriptor = 0x7fff_ffff;

/**
 * WASI with the interface of `node:wasi`, on top of `Wasi`.
 *
 *     const preopens = { '/data': 'some/directory' };
 *     const wasi = new WASI({ version: 'preview1', args: ['program'], preopens });
 *     const { instance } = await WebAssembly.instantiate(bytes, wasi.getImportObject());
 *     const exitCode = wasi.start(instance);
 *
 * Errors in arguments are those of Node: TypeErrors and RangeErrors with the same `code`.
 */
export class WASI {
  /** The functions that modules import. */
  readonly wasiImport: Readonly<Record<string, HostFunction>>;
  readonly #wasi: Wasi;
  readonly #moduleName: string;
  readonly #returnOnExit: boolean;
  #started = false;

  constructor(options?: NodeWasiOptions) {
    const given: Readonly<Record<string, unknown>> = toObject(
      options === undefined ? {} : options,
      '"options" argument',
    );
    const { version } = given;
    if (typeof version !== 'string') throw wrongType('"options.version" property', 'of type string', version);
    if (!Object.hasOwn(moduleNameOf, version)) {
      const message = `The property 'options.version' unsupported WASI version. Received ${inspect(version)}`;
      throw coded(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
    }
    const args = given['args'] ?? [];
    if (!Array.isArray(args)) throw wrongType('"options.args" property', 'an instance of Array', args);
    const env = toObject(defaulted(given['env'], {}), '"options.env" property');
    const preopens = toObject(defaulted(given['preopens'], {}), '"options.preopens" property');
    const returnOnExit = defaulted(given['returnOnExit'], true);
    if (typeof returnOnExit !== 'boolean') {
      throw wrongType('"options.returnOnExit" property', 'of type boolean', returnOnExit);
    }
    this.#returnOnExit = returnOnExit;
    this.#moduleName = moduleNameOf[version];
    this.#wasi = new Wasi({
      args: args.map(String),
      env: Object.fromEntries(
        Object.entries(env)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, String(value)]),
      ),
      preopens: Object.fromEntries(
        Object.entries(preopens).map(([name, preopen]) => [name, toPreopen(preopen)]),
      ),
      stdin: toDescriptor('stdin', given['stdin'], 0),
      stdout: toDescriptor('stdout', given['stdout'], 1),
      stderr: toDescriptor('stderr', given['stderr'], 2),
    });
    // Node checks this before anything else, and thereby also refuses start functions that call WASI.
    this.#wasi.whenUnbound = () => {
      throw coded(new Error('wasi.start() has not been called'), 'ERR_WASI_NOT_STARTED');
    };
    this.wasiImport = { ...this.#wasi.functions(version as WasiVersion) };
  }

  /** What modules import, by module name. */
  getImportObject(): Record<string, Readonly<Record<string, HostFunction>>> {
    return { [this.#moduleName]: this.wasiImport };
  }

  /**
   * Lets the functions work on a memory, by default the one that the instance exports. For callers that use
   * the exports without `start` or `initialize`. Can be called once.
   */
  finalizeBindings(
    instance: InstanceLike,
    options: { readonly memory?: LinearMemory | undefined } = {},
  ): void {
    this.#bind(instance, options.memory);
  }

  /** Runs a command: calls its `_start`. Returns the exit code, 0 if `_start` returns. */
  start(instance: InstanceLike): number {
    const { _start, _initialize } = this.#bind(instance, undefined);
    checkFunction(_start, '_start');
    checkUndefined(_initialize, '_initialize');
    try {
      _start();
      return 0;
    } catch (error) {
      return this.#exit(error);
    }
  }

  /** Prepares a reactor: calls its `_initialize` if it has one. */
  initialize(instance: InstanceLike): void {
    const { _start, _initialize } = this.#bind(instance, undefined);
    checkUndefined(_start, '_start');
    if (_initialize === undefined) return;
    checkFunction(_initialize, '_initialize');
    try {
      _initialize();
    } catch (error) {
      this.#exit(error);
    }
  }

  /** Returns the exports. */
  #bind(instance: unknown, memory: unknown): Readonly<Record<string, unknown>> {
    if (this.#started) {
      throw coded(new Error('WASI instance has already started'), 'ERR_WASI_ALREADY_STARTED');
    }
    const exports = toObject(
      toObject(instance, '"instance" argument')['exports'],
      '"instance.exports" property',
    );
    const used = memory ?? exports['memory'];
    if (!isMemory(used)) {
      const message = '"instance.exports.memory" property must be a WebAssembly.Memory object';
      throw coded(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
    }
    this.#started = true;
    this.#wasi.bindMemory(used);
    return exports;
  }

  /** Turns what a program threw into an exit code if it is a `ProcExit`. */
  #exit(error: unknown): number {
    if (!(error instanceof ProcExit)) throw error;
    if (!this.#returnOnExit) process.exit(error.exitCode);
    return error.exitCode;
  }
}

/** Whether it is a memory of any implementation of the JavaScript API. */
function isMemory(value: unknown): value is LinearMemory {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Memory]';
}

function defaulted(value: unknown, byDefault: unknown): unknown {
  return value === undefined ? byDefault : value;
}

function toPreopen(value: unknown): string | Preopen {
  if (typeof value !== 'object' || value === null) return String(value);
  const { path, readOnly } = value as Readonly<Record<string, unknown>>;
  return { path: String(path), readOnly: Boolean(readOnly) };
}

function toDescriptor(name: string, value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  const what = `"options.${name}" property`;
  if (typeof value !== 'number') throw wrongType(what, 'of type number', value);
  if (Number.isInteger(value) && value >= 0 && value <= maxDescriptor) return value;
  const wanted = Number.isInteger(value) ? `>= 0 && <= ${maxDescriptor}` : 'an integer';
  const message = `The value of "options.${name}" is out of range. It must be ${wanted}. Received ${inspect(value)}`;
  throw coded(new RangeError(message), 'ERR_OUT_OF_RANGE');
}

function toObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(what, 'of type object', value);
  }
  return value as Readonly<Record<string, unknown>>;
}

type Callable = () => unknown;

function checkFunction(value: unknown, name: string): asserts value is Callable {
  if (typeof value === 'function') return;
  throw wrongType(`"instance.exports.${name}" property`, 'of type function', value);
}

function checkUndefined(value: unknown, name: string): asserts value is undefined {
  if (value === undefined) return;
  throw wrongType(`"instance.exports.${name}" property`, 'undefined', value);
}

function coded(error: Error, code: string): Error {
  return Object.assign(error, { code });
}

/** Node's ERR_INVALID_ARG_TYPE. */
function wrongType(what: string, wanted: string, value: unknown): Error {
  const message = `The ${what} must be ${wanted}.${received(value)}`;
  return coded(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

/** How Node describes a value in such a message. */
function received(value: unknown): string {
  if (value === undefined || value === null) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const { name } = (value.constructor ?? {}) as { readonly name?: string };
    return name ? ` Received an instance of ${name}` : ` Received ${inspect(value, { depth: -1 })}`;
  }
  return ` Received type ${typeof value} (${inspect(value)})`;
}
