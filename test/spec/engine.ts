import type { WasmApi } from './engine-api.js';
import type { Value, ValueType } from './values.js';

/**
 * What went wrong in an engine, as far as a script can ask for it. `other` is never expected: an error of the engine
 * itself.
 */
export type FailureKind = 'malformed' | 'invalid' | 'unsupported' | 'link' | 'trap' | 'exhaustion' | 'other';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}

/** An engine under test, for one script. Modules and exports are its own objects, opaque to the runner. */
export interface Engine<Module = unknown, Instance = unknown> {
  /** Are vectors implemented? If not, modules that use them must be refused by name. */
  readonly vectors: boolean;
  /**
   * Does the engine keep the bits of NaNs, tell kinds of failures apart and use the spec's wording? If not, any NaN
   * will do for another, and any failure.
   */
  readonly exact: boolean;
  /** Decodes and validates. */
  compile(bytes: Uint8Array): Module;
  /**
   * Links against `registered` instances, by module name; the `spectest` host module is the engine's own. Runs the
   * start function.
   */
  instantiate(module: Module, registered: ReadonlyMap<string, Instance>): Instance;
  /**
   * Calls an exported function. The hints are the types that the script expects, for an engine whose host interface
   * does not tell them.
   */
  invoke(instance: Instance, field: string, args: readonly Value[], hints: readonly ValueType[]): Value[];
  /** Reads an exported global. */
  get(instance: Instance, field: string, hint: ValueType | undefined): Value;
  /** Classifies what one of the methods above threw. */
  failure(error: unknown): Failure;
  dispose(): void;
}

/** Which engine to make, and how. */
export interface EngineOptions {
  readonly tier: 'interp' | 'fast' | 'llvm' | 'multi' | 'v8';
  readonly memory: 'guarded' | 'checked';
  readonly cpu: 'host' | 'baseline';
  /** Through the WebAssembly JavaScript API. */
  readonly api?: boolean | undefined;
  /** Tier `multi`: switches functions up and down at random, from this seed on. */
  readonly chaos?: number | undefined;
  /** Tier `multi`: every loop goes on in LLVM code at this turn; with `chaos`, at a random one up to it. */
  readonly turns?: number | undefined;
  /** Compiled tiers: functions whose index is a multiple of this are interpreted. */
  readonly mixed?: number | undefined;
  /** LLVM's optimization level; 3 by default. */
  readonly level?: '0' | '1' | '2' | '3';
}

/** Loads an engine's code only when it is asked for. */
export async function engineFactory(options: EngineOptions): Promise<() => Engine> {
  if (options.tier === 'v8') {
    const { ApiEngine } = await import('./engine-api.js');
    const api = Reflect.get(globalThis, 'WebAssembly') as WasmApi;
    return () => new ApiEngine(api, true);
  }
  if (options.api === true) {
    const { ApiEngine } = await import('./engine-api.js');
    const { configureWebAssembly, WebAssembly } = await import('../../src/index.js');
    const { tier, memory: memoryMode, chaos } = options;
    configureWebAssembly({ tier, memoryMode, tuning: { chaos } });
    return () => new ApiEngine(WebAssembly as unknown as WasmApi, false);
  }
  const { UpshiftEngine } = await import('./engine-upshift.js');
  return () => new UpshiftEngine(options);
}
