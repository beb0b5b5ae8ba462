import type { Value, ValueType } from './values.js';

/**
 * What went wrong in an engine, as far as scripts distinguish it. `other` is never expected: an error of the
 * engine itself.
 */
export type FailureKind =
  | 'malformed'
  | 'invalid'
  | 'unsupported'
  | 'link'
  | 'trap'
  | 'exhaustion'
  | 'exception'
  | 'other';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** The name of the feature that an engine lacks, as its error has it. */
  readonly feature?: string | undefined;
}

/** An engine for one script. Modules and exports are its own objects, opaque to the runner. */
export interface Engine<Module = unknown, Instance = unknown> {
  /**
   * Whether the engine keeps the bits of NaNs, distinguishes kinds of failures and uses the spec's wording.
   * If not, any NaN matches any other, and any failure any other.
   */
  readonly exact: boolean;
  /** Decodes and validates. */
  compile(bytes: Uint8Array): Module;
  /**
   * Links against `registered` instances, by module name, and runs the start function. The `spectest` host
   * module is supplied by the engine.
   */
  instantiate(module: Module, registered: ReadonlyMap<string, Instance>): Instance;
  /**
   * Calls an exported function. The hints are the types that the script expects, for engines whose host
   * interface does not tell types.
   */
  invoke(instance: Instance, field: string, args: readonly Value[], hints: readonly ValueType[]): Value[];
  /** Reads an exported global. */
  get(instance: Instance, field: string, hint: ValueType | undefined): Value;
  /** Classifies what one of the methods above threw. */
  failure(error: unknown): Failure;
  dispose(): void;
}
