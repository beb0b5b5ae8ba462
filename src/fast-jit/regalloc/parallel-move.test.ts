import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import { layoutInstance } from '../../layout/instance-layout.js';
import { Assembler } from '../../x64/assembler.js';
import { disassemble } from '../../x64/disassemble.js';
import { X } from '../../x64/instructions.js';
import { loadModule } from '../modules.fixture.js';
import { ConstantPool } from '../x64/constant-pool.js';
import { firstXmm, registers } from '../x64/machine-registers.js';
import { MoveEmitter } from '../x64/value-moves.js';
import { ParallelMove } from './parallel-move.js';

/**
 * A move: what the value is, where it goes, where it comes from. Registers are numbered as the allocator does
 * it.
 */
type Move = readonly [vtype: VType, to: number, from: number];

const gprNames = registers.names.slice(0, firstXmm);
const narrowNames = [
  ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'],
  ...Array.from({ length: 8 }, (_, k) => `r${k + 8}d`),
];

/** The register that a name means, and whether only the lower half of it. */
function parseRegister(name: string): { readonly register: number; readonly narrow: boolean } {
  if (name.startsWith('xmm')) return { register: firstXmm + Number(name.slice(3)), narrow: false };
  const wide = gprNames.indexOf(name);
  if (wide >= 0) return { register: wide, narrow: false };
  const register = narrowNames.indexOf(name);
  assert.ok(register >= 0, name);
  return { register, narrow: true };
}

/** The machine code of several parallel moves, an int3 behind each. */
function emit(all: readonly (readonly Move[])[]): Uint8Array {
  const asm = new Assembler();
  const ir = new IrFunction();
  const layout = layoutInstance(loadModule('(module)').wasm);
  const parallel = new ParallelMove(new MoveEmitter(asm, ir, new ConstantPool(asm), layout));
  for (const moves of all) {
    for (const [vtype, to, from] of moves) parallel.add(vtype, to, from);
    parallel.run();
    asm.op(X.int3);
  }
  return asm.finish();
}

/**
 * Carries out the instructions of one parallel move on registers that each hold their own number at first,
 * and checks where the values are in the end.
 */
function checkMove(moves: readonly Move[], instructions: readonly string[]): void {
  const describeMoves = (): string =>
    `${moves.map(([, to, from]) => `${to} ← ${from}`).join(', ')}:\n${instructions.join('\n')}`;
  const held = Array.from({ length: 32 }, (_, register) => register);
  const narrowValues = new Set(moves.flatMap(([vtype, , from]) => (vtype === VType.i32 ? [from] : [])));
  for (const text of instructions) {
    const [mnemonic, ...operands] = text.split(/,? /);
    assert.equal(operands.length, 2, text);
    const [to, from] = operands.map(parseRegister);
    if (mnemonic === 'xchg') {
      [held[to.register], held[from.register]] = [held[from.register], held[to.register]];
      continue;
    }
    assert.equal(mnemonic, to.register < firstXmm ? 'mov' : 'movaps', text);
    // Half of a register may be moved only where it holds an i32.
    if (to.narrow) assert.ok(narrowValues.has(held[from.register]), `${text} in ${describeMoves()}`);
    held[to.register] = held[from.register];
  }
  const destinations = new Set(moves.map(([, to]) => to));
  for (const [, to, from] of moves) assert.equal(held[to], from, describeMoves());
  // Everything else is as it was, but for the float scratch register.
  for (let register = 0; register < firstXmm + 15; register++) {
    if (!destinations.has(register)) assert.equal(held[register], register, describeMoves());
  }
  // An integer takes one instruction at most; floats in a cycle take three for an exchange.
  const floats = moves.filter(([, to]) => to >= firstXmm).length;
  assert.ok(instructions.length <= moves.length + 2 * floats, describeMoves());
}

async function checkAll(all: readonly (readonly Move[])[]): Promise<void> {
  const bytes = emit(all);
  let instructions: string[] = [];
  let next = 0;
  for (const { text } of await disassemble(bytes, 0, bytes.length)) {
    if (text !== 'int3') {
      instructions.push(text);
      continue;
    }
    checkMove(all[next++], instructions);
    instructions = [];
  }
  assert.equal(next, all.length);
}

/** All ways to choose one of `options` for each of `count` places. */
function* choices(count: number, options: number): Iterable<number[]> {
  for (let code = 0; code < options ** count; code++) {
    const chosen: number[] = [];
    for (let rest = code, k = 0; k < count; k++, rest = Math.floor(rest / options))
      chosen.push(rest % options);
    yield chosen;
  }
}

/**
 * All moves within a set of registers: to each of them nothing or any of them, with every choice of classes.
 */
function within(registers: readonly number[], vtypes: readonly VType[]): Move[][] {
  const all: Move[][] = [];
  const none = registers.length;
  for (const sources of choices(registers.length, none + 1)) {
    for (const classes of choices(registers.length, vtypes.length)) {
      all.push(
        registers.flatMap((to, k) =>
          sources[k] === none ? [] : [[vtypes[classes[sources[k]]], to, registers[sources[k]]] as const],
        ),
      );
    }
  }
  return all;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first, k) =>
    permutations([...items.slice(0, k), ...items.slice(k + 1)]).map((rest) => [first, ...rest]),
  );
}

const { i32, i64, f32, f64 } = VType;

function members(set: number): number[] {
  return Array.from({ length: 32 }, (_, register) => register).filter(
    (register) => ((set >>> register) & 1) === 1,
  );
}

describe('parallel moves', () => {
  test('all moves among three general registers, of both classes', () =>
    checkAll(within([0, 7, 12], [i32, i64])));

  test('all moves among four general registers', () => checkAll(within([1, 2, 9, 15], [i64])));

  test('all moves among four float registers', () => checkAll(within([16, 17, 24, 30], [f64])));

  test('all moves among two registers of each kind', () => {
    const integers = within([3, 8], [i32, i64]);
    const floats = within([18, 25], [f32, f64]);
    return checkAll(integers.flatMap((some) => floats.map((others) => [...some, ...others])));
  });

  test('all permutations of six registers of each kind', () =>
    checkAll([
      ...permutations([0, 3, 6, 8, 13, 14]).map((from) =>
        [0, 3, 6, 8, 13, 14].map((to, k) => [i64, to, from[k]] as const),
      ),
      ...permutations([16, 19, 22, 24, 29, 30]).map((from) =>
        [16, 19, 22, 24, 29, 30].map((to, k) => [f32, to, from[k]] as const),
      ),
    ]));

  test('all registers at once: rotated, reversed, from one, and at random', () => {
    const [gprs, xmms] = [members(registers.general), members(registers.float)];
    let state = 1;
    const random = (below: number): number => {
      state = Math.imul(state, 1103515245) + 12345;
      return (state >>> 16) % below;
    };
    const moves = (place: (count: number, k: number) => number): Move[] => [
      ...gprs.map((to, k) => [i64, to, gprs[place(gprs.length, k)]] as const),
      ...xmms.map((to, k) => [f64, to, xmms[place(xmms.length, k)]] as const),
    ];
    return checkAll([
      moves((count, k) => (k + 1) % count),
      moves((count, k) => (k + count - 1) % count),
      moves((count, k) => (k + 5) % count),
      moves((count, k) => count - 1 - k),
      moves(() => 4),
      ...Array.from({ length: 500 }, () => moves((count) => random(count))),
    ]);
  });

  test('nothing is emitted for values that are where they should be', () => {
    const all: Move[][] = [
      [],
      [[i64, 3, 3]],
      [
        [f64, 20, 20],
        [i32, 5, 5],
      ],
    ];
    assert.equal(emit(all).length, all.length);
  });

  test('a cycle of integers is exchanged, which writes no flags and needs no register', async () => {
    const bytes = emit([
      [
        [i64, 0, 1],
        [i64, 1, 2],
        [i64, 2, 0],
      ],
    ]);
    const texts = (await disassemble(bytes, 0, bytes.length)).map(({ text }) => text.split(' ')[0]);
    assert.deepEqual(texts, ['xchg', 'xchg', 'int3']);
  });
});
