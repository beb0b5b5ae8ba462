import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError } from './errors.js';
import type { Feature } from './feature-names.js';
import { usedFeatures } from './features.js';
import { functionModule, opcodeBytes, validByV8 } from './module.fixture.js';
import { type ImmediateKind, type OpcodeRow, opcodes, opensBlock } from './opcodes.js';
import { ValType, valTypes } from './types.js';
import { validateModule } from './validate.js';

const seed = 20_210_419;
const runs = 6000;

/** A linear congruential generator: the same cases in every run. */
class Random {
  #state: number;

  constructor(start: number) {
    this.#state = start;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** An immediate that is mostly within bounds; `functionModule` has what it refers to. */
function immediate(kind: ImmediateKind, random: Random): number[] {
  switch (kind) {
    case 'f32':
    case 'f64':
      return new Array<number>(kind === 'f32' ? 4 : 8).fill(0);
    case 'lanes':
    case 'v128':
      return Array.from({ length: 16 }, () => random.below(random.below(20) === 0 ? 34 : 32));
    case 'blockType':
      return [random.of([0x40, 0x40, 1, 2, 3, ...valTypes])];
    case 'labels':
      return [1, random.below(3), random.below(3)];
    case 'type':
    case 'table':
    case 'elem':
      return [random.below(3)];
    case 'memarg':
      return [random.below(4), random.below(128)];
    case 'memory':
      return [0];
    case 'heapType':
      return [
        random.of(isNewV8 ? [ValType.funcref, ValType.exnref, 1, 2] : [ValType.funcref, ValType.externref]),
      ];
    case 'catches':
      return [2, 2, random.below(3), 3, random.below(3)];
    case 'valTypes':
      return [1, random.of(valTypes)];
    default:
      return [random.below(4)];
  }
}

/** Whether V8 knows all of version 3.0 but its older exceptions, which it does not want beside the others. */
const isNewV8 = validByV8(
  functionModule({ code: [0x1f, 0x40, 0, 0x0b, 0xd0, 1, 0x14, 1, 0x3f, 0x80, 0, 0x1a] }),
);
const later: readonly (Feature | undefined)[] = [
  'exception-handling',
  'tail-call',
  'function-references',
  'multimemory',
  'memory64',
];
const older: readonly string[] = ['try', 'catch', 'rethrow', 'delegate', 'catch_all'];
/** Relaxed vector instructions, which not every V8 knows, are like others to the validator. */
const candidates = opcodes.filter(({ feature, mnemonic }) =>
  later.includes(feature) ? isNewV8 && !older.includes(mnemonic) : feature !== 'relaxed-simd',
);
const contextual = candidates.filter(({ signature }) => signature === undefined);

/** Instructions in random order, blocks closed; half of them start unreachable, where more is valid. */
function randomCode(random: Random): number[] {
  const code: number[] = random.below(2) === 0 ? [0x00] : [];
  let depth = 0;
  for (let length = 1 + random.below(10); length > 0; length--) {
    const opcode: OpcodeRow = random.of(random.below(2) === 0 ? contextual : candidates);
    if (opcode.mnemonic === 'else' && depth === 0) continue;
    if (opcode.mnemonic === 'end' && depth-- === 0) break;
    depth += opensBlock[opcode.code];
    code.push(...opcodeBytes(opcode), ...opcode.immediates.flatMap((kind) => immediate(kind, random)));
  }
  for (; depth > 0; depth--) code.push(0x0b);
  if (random.below(3) === 0) code.push(0x00);
  return code;
}

function validByUs(bytes: Uint8Array): boolean {
  try {
    validateModule(decodeModule(bytes));
    return true;
  } catch (error) {
    if (error instanceof CompileError) return false;
    throw error;
  }
}

test('V8 agrees on random functions', () => {
  const random = new Random(seed);
  let accepted = 0;
  for (let run = 0; run < runs; run++) {
    const results = random.below(2) === 0 ? [] : [random.of(valTypes)];
    const bytes = functionModule({
      params: [ValType.i32],
      results,
      locals: valTypes,
      code: randomCode(random),
    });
    const valid = validByUs(bytes);
    if (valid) accepted++;
    assert.equal(valid, validByV8(bytes), `run ${run}: ${Buffer.from(bytes).toString('hex')}`);
  }
  assert.ok(accepted > runs / 50, `only ${accepted} functions were valid`);
});

test('V8 accepts every mutated module that we accept', () => {
  const random = new Random(seed);
  let accepted = 0;
  for (let run = 0; run < runs; run++) {
    const code = [
      0x20, 0, 0x41, 7, 0x6a, 0x21, 1, 0x02, 0x40, 0x20, 1, 0x0d, 0, 0x20, 0, 0x28, 2, 0, 0x1a, 0x0b,
    ];
    const bytes = functionModule({ params: [ValType.i32], results: [], locals: valTypes, code });
    for (let mutations = 1 + random.below(2); mutations > 0; mutations--) {
      const at = 8 + random.below(bytes.length - 8);
      bytes[at] = random.below(2) === 0 ? random.below(0x80) : bytes[at] ^ (1 << random.below(8));
    }
    if (!validByUs(bytes)) continue;
    const used = usedFeatures(decodeModule(bytes));
    if (!isNewV8 && used.some((feature) => later.includes(feature))) continue;
    accepted++;
    assert.ok(validByV8(bytes), `run ${run}: ${Buffer.from(bytes).toString('hex')}`);
  }
  assert.ok(accepted > runs / 50, `only ${accepted} modules were valid`);
});
