import type { Suite } from './suite.js';

/** A command of a suite that is known to fail, and why. One that passes is reported as an error. */
export interface ExpectedFailure {
  /** Name of the file in the suite's folder. */
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

const readsDefinedGlobal =
  'invalid in 2.0, valid since 3.0: a constant expression reads a global that the module defines';

const expectedIn20: readonly ExpectedFailure[] = [
  { file: 'data.wast', line: 88, reason: readsDefinedGlobal },
  { file: 'data.wast', line: 92, reason: readsDefinedGlobal },
  { file: 'elem.wast', line: 170, reason: readsDefinedGlobal },
  { file: 'elem.wast', line: 174, reason: readsDefinedGlobal },
  { file: 'global.wast', line: 351, reason: readsDefinedGlobal },
  { file: 'global.wast', line: 355, reason: readsDefinedGlobal },
];

export const expectedFailures: Readonly<Record<Suite, readonly ExpectedFailure[]>> = {
  '2.0': expectedIn20,
  '3.0': [],
  threads: [],
  'legacy-exceptions': [],
};
