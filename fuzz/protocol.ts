import type { Case } from './case.js';
import type { Difference } from './compare.js';

/** What a worker process is asked for: to run a case in the reference and in some configurations, and to compare. */
export interface RunRequest {
  readonly kind: 'run';
  readonly subject: Case;
  readonly seed: number;
  /** Names of configurations. */
  readonly configurations: readonly string[];
  readonly detailed: boolean;
}

/** … or to read and validate bytes that may be a module. */
export interface ValidateRequest {
  readonly kind: 'validate';
  readonly inputs: readonly Uint8Array[];
}

export type Request = RunRequest | ValidateRequest;

/** A configuration that did not do the same as the reference, or did not come to an end. */
export interface Problem {
  /** Name of the configuration, or `validate`. */
  readonly configuration: string;
  readonly difference: Difference;
  /** Of a validation, which input it was. */
  readonly input?: number;
}

export interface RunReply {
  readonly problems: readonly Problem[];
  /** Calls and instantiations, over all configurations. */
  readonly executions: number;
  /** How often the reference's steps ended how. */
  readonly endings: Readonly<Record<string, number>>;
  /** Of inputs that were validated, how many were what. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Loops that went on in other code. */
  readonly entered: number;
  /** Resident bytes of the process. */
  readonly memory: number;
}

/** Where a worker is, in the file that says so: the configuration and the step, or the input. */
export const progressWords = 2;
