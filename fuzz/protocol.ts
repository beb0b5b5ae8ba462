import type { Case } from './case.js';
import type { Difference } from './compare.js';

/** Asks a worker process to run a case in the reference and in some configurations, and to compare. */
export interface RunRequest {
  readonly kind: 'run';
  readonly subject: Case;
  readonly seed: number;
  /** Names of configurations. */
  readonly configurations: readonly string[];
  readonly detailed: boolean;
}

/** Asks it to read and validate bytes that may be a module. */
export interface ValidateRequest {
  readonly kind: 'validate';
  readonly inputs: readonly Uint8Array[];
}

export type Request = RunRequest | ValidateRequest;

/** A configuration that behaved differently from the reference, or never ended. */
export interface Problem {
  /** Name of the configuration, or `validate`. */
  readonly configuration: string;
  readonly difference: Difference;
  /** For a validation, which input it was. */
  readonly input?: number;
}

export interface RunReply {
  readonly problems: readonly Problem[];
  /** How many calls and instantiations there were, over all configurations. */
  readonly executions: number;
  /** How many of the reference's steps ended in which way. */
  readonly endings: Readonly<Record<string, number>>;
  /** How many validated inputs got which verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** How many loops continued in other code. */
  readonly entered: number;
  /** Resident memory of the process, in bytes. */
  readonly memory: number;
}

/** Size of a worker's progress in its file: the configuration and the step, or the input. */
export const progressWords = 2;
