import type { Suite } from './suite.js';

/** Commands of a script that are known to fail, and why. One that passes is reported as an error. */
export interface ExpectedFailures {
  /** Name of the script in the suite's folder. */
  readonly file: string;
  readonly lines: readonly number[];
  readonly reason: string;
  /** The module is refused as it should be, but with another kind or text, which the JavaScript API hides. */
  readonly isRefused?: true;
}

const readsDefinedGlobal =
  'invalid in 2.0, valid since 3.0: a constant expression reads a global that the module defines';

const expectedIn20: readonly ExpectedFailures[] = [
  { file: 'data.wast', lines: [88, 92], reason: readsDefinedGlobal },
  { file: 'elem.wast', lines: [170, 174], reason: readsDefinedGlobal },
  { file: 'global.wast', lines: [351, 355], reason: readsDefinedGlobal },
];

const longNumbers =
  'malformed in 2.0: offsets and limits have 64 bits since 3.0, and too large ones are invalid';
const wording = 'the error has the words of 2.0';

const expectedIn30: readonly ExpectedFailures[] = [
  { file: 'address.wast', lines: [213], reason: longNumbers, isRefused: true },
  {
    file: 'binary-leb128.wast',
    lines: [525, 533, 541, 550, 730, 749, 843, 862],
    reason: longNumbers,
    isRefused: true,
  },
  {
    file: 'binary.wast',
    lines: [112, 613, 622, 632, 660, 668, 677, 686, 1218],
    reason: wording,
    isRefused: true,
  },
  { file: 'global.wast', lines: [284, 289], reason: wording, isRefused: true },
  { file: 'memory.wast', lines: [77, 81, 85, 90, 94, 98], reason: longNumbers, isRefused: true },
  { file: 'simd/simd_address.wast', lines: [143, 151], reason: longNumbers, isRefused: true },
  { file: 'table.wast', lines: [35, 39, 43], reason: longNumbers, isRefused: true },
];

const expected: Readonly<Record<Suite, readonly ExpectedFailures[]>> = {
  '2.0': expectedIn20,
  '3.0': expectedIn30,
  threads: [],
  'legacy-exceptions': [],
};

/**
 * The lines of a script whose commands are known to fail.
 *
 * @param isExact whether the engine distinguishes kinds of failures and their texts
 */
export function expectedFailures(suite: Suite, script: string, isExact: boolean): number[] {
  return expected[suite]
    .filter(({ file, isRefused }) => file === script && (isExact || isRefused !== true))
    .flatMap(({ lines }) => lines);
}
