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

const memoryIndex = 'malformed in 2.0, valid since 3.0: instructions name a memory';
const severalMemories = 'invalid in 2.0, valid since 3.0: several memories';
const longOffset = 'malformed in 2.0, valid since 3.0: offsets have up to 64 bits';
const laterWords = 'malformed in 2.0; refused in the words of 3.0';

const expectedIn20: readonly ExpectedFailures[] = [
  { file: 'align.wast', lines: [891, 910, 929, 948, 967], reason: laterWords, isRefused: true },
  { file: 'binary-leb128.wast', lines: [217, 225], reason: longOffset },
  {
    file: 'binary-leb128.wast',
    lines: [525, 533, 541, 550, 730, 750, 845, 865],
    reason: laterWords,
    isRefused: true,
  },
  { file: 'binary.wast', lines: [145, 165, 184, 203, 242, 261, 279, 297], reason: memoryIndex },
  {
    file: 'binary.wast',
    lines: [112, 125, 223, 679, 689, 804, 813, 823, 851, 859, 868, 877],
    reason: laterWords,
    isRefused: true,
  },
  { file: 'data.wast', lines: [88, 92], reason: readsDefinedGlobal },
  { file: 'elem.wast', lines: [170, 174], reason: readsDefinedGlobal },
  { file: 'global.wast', lines: [272, 277], reason: laterWords, isRefused: true },
  { file: 'global.wast', lines: [351, 355], reason: readsDefinedGlobal },
  { file: 'imports.wast', lines: [487, 491, 495], reason: severalMemories },
  { file: 'memory.wast', lines: [10, 11], reason: severalMemories },
];

const wording = 'the error has other words';

const expectedIn30: readonly ExpectedFailures[] = [
  { file: 'binary.wast', lines: [1218], reason: wording, isRefused: true },
  { file: 'exceptions/throw.wast', lines: [52, 54], reason: wording, isRefused: true },
];

const expectedInLegacyExceptions: readonly ExpectedFailures[] = [
  { file: 'throw.wast', lines: [48, 50], reason: wording, isRefused: true },
  { file: 'try_catch.wast', lines: [264, 266, 268, 270, 275], reason: wording, isRefused: true },
];

const expected: Readonly<Record<Suite, readonly ExpectedFailures[]>> = {
  '2.0': expectedIn20,
  '3.0': expectedIn30,
  threads: [],
  'legacy-exceptions': expectedInLegacyExceptions,
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
