/** Functions that read and write memories at the edges, once or in loops. */
import { laneCount, Opcode, type OpcodeRow, opcodes } from '../../src/wasm/opcodes.js';
import { type AddressType, ValType } from '../../src/wasm/types.js';
import { emptyBlock, type Instruction } from '../module/draft.js';
import type { Random } from '../random.js';
import { edgeOf, edgeOffset, wrapped } from './edge-values.js';

/** A memory of which it is known how large it is. */
export interface EdgeMemory {
  readonly index: number;
  readonly address: AddressType;
  /** Bytes. */
  readonly size: bigint;
}

/** What makes an address of the first parameter. */
interface Form {
  readonly code: readonly Instruction[];
  readonly valueOf: (start: bigint) => bigint;
}

interface Access {
  readonly memory: EdgeMemory;
  readonly row: OpcodeRow;
  readonly isStore: boolean;
  readonly form: Form;
  readonly offset: bigint;
}

/** A function `(start, step, turns, value) → sum`, each i64 but `turns`. */
export interface EdgeFunction {
  readonly accesses: readonly Access[];
  readonly isLoop: boolean;
  readonly code: readonly Instruction[];
  readonly locals: readonly ValType[];
}

export interface EdgeArguments {
  readonly start: bigint;
  readonly step: bigint;
  readonly turns: number;
}

export const edgeParams: readonly ValType[] = [ValType.i64, ValType.i64, ValType.i32, ValType.i64];
const [startLocal, stepLocal, turnsLocal, valueLocal, sumLocal, vectorLocal] = [0, 1, 2, 3, 4, 5];

const accesses = opcodes.filter(({ access }) => access > 0);
const scalar = accesses.filter(({ feature }) => feature !== 'simd');

/** A function with a few accesses, in a loop half of the time. */
export function edgeFunction(
  memories: readonly EdgeMemory[],
  hasVectors: boolean,
  random: Random,
): EdgeFunction {
  const count = random.pick([1, 1, 2, 3, 4]);
  // Mostly of one memory, whose checks can be combined.
  const few = random.chance(60) ? [random.pick(memories)] : memories;
  const base = edgeOffset(few[0].address, few[0].size, 8n, random);
  const list = Array.from({ length: count }, () => anyAccess(few, hasVectors, base, random));
  const isLoop = random.chance(50);
  const body = list.flatMap((access) => accessCode(access, random));
  const code: Instruction[] = isLoop
    ? [
        [Opcode.loop, emptyBlock],
        ...body,
        [Opcode['local.get'], startLocal],
        [Opcode['local.get'], stepLocal],
        [Opcode['i64.add']],
        [Opcode['local.set'], startLocal],
        [Opcode['local.get'], turnsLocal],
        [Opcode['i32.const'], 1],
        [Opcode['i32.sub']],
        [Opcode['local.tee'], turnsLocal],
        [Opcode.br_if, 0],
        [Opcode.end],
      ]
    : body;
  return {
    accesses: list,
    isLoop,
    code: [...code, [Opcode['local.get'], sumLocal], [Opcode.end]],
    locals: [ValType.i64, ...(list.some(({ row }) => row.feature === 'simd') ? [ValType.v128] : [])],
  };
}

function anyAccess(
  memories: readonly EdgeMemory[],
  hasVectors: boolean,
  base: bigint,
  random: Random,
): Access {
  const memory = random.pick(memories);
  const row = random.pick(hasVectors ? accesses : scalar);
  const form = anyForm(memory, random);
  const near = base + BigInt(random.below(17));
  const top = memory.address === ValType.i64 ? 1n << 64n : 1n << 32n;
  // Neighbours, mostly: several checks may become one.
  const isNear = random.chance(60) && near < top;
  const offset = isNear ? near : edgeOffset(memory.address, memory.size, BigInt(row.access), random);
  return { memory, row, isStore: row.signature?.result === undefined, form, offset };
}

function anyForm({ address }: EdgeMemory, random: Random): Form {
  const form = random.pick([plain, plain, plain, added, masked, shifted, narrow, signed])(random);
  if (address === ValType.i64) return form;
  return {
    code: [...form.code, [Opcode['i32.wrap_i64']]],
    valueOf: (start) => BigInt.asUintN(32, form.valueOf(start)),
  };
}

const given: Instruction = [Opcode['local.get'], startLocal];

function plain(): Form {
  return { code: [given], valueOf: (start) => start };
}

function added(random: Random): Form {
  const constant = random.pick([1n, 8n, -1n, -8n, 0xffffffffn, 1n << 32n, -(1n << 63n), -65536n]);
  return {
    code: [given, [Opcode['i64.const'], constant], [Opcode['i64.add']]],
    valueOf: (start) => wrapped(start + constant),
  };
}

function masked(random: Random): Form {
  const mask = random.pick([0xffn, 0xfff8n, 0xffffn, 0x1ffffn, 0xffffffffn, -8n]);
  return {
    code: [given, [Opcode['i64.const'], mask], [Opcode['i64.and']]],
    valueOf: (start) => wrapped(start & mask),
  };
}

function shifted(random: Random): Form {
  const count = random.pick([1n, 3n, 32n, 47n]);
  return {
    code: [given, [Opcode['i64.const'], count], [Opcode['i64.shr_u']]],
    valueOf: (start) => start >> count,
  };
}

/** What compilers make of 32-bit indices. */
function narrow(): Form {
  return {
    code: [given, [Opcode['i32.wrap_i64']], [Opcode['i64.extend_i32_u']]],
    valueOf: (start) => BigInt.asUintN(32, start),
  };
}

function signed(): Form {
  return {
    code: [given, [Opcode['i32.wrap_i64']], [Opcode['i64.extend_i32_s']]],
    valueOf: (start) => wrapped(BigInt.asIntN(32, start)),
  };
}

/** From an i64 to a value of a type. */
const fromBits: Readonly<Record<number, readonly Instruction[]>> = {
  [ValType.i32]: [[Opcode['i32.wrap_i64']]],
  [ValType.i64]: [],
  [ValType.f32]: [[Opcode['i32.wrap_i64']], [Opcode['f32.reinterpret_i32']]],
  [ValType.f64]: [[Opcode['f64.reinterpret_i64']]],
  [ValType.v128]: [[Opcode['i64x2.splat']]],
};

/** From a value of a type to an i64. Floats are seen bit by bit. */
const toBits: Readonly<Record<number, readonly Instruction[]>> = {
  [ValType.i32]: [[Opcode['i64.extend_i32_u']]],
  [ValType.i64]: [],
  [ValType.f32]: [[Opcode['i32.reinterpret_f32']], [Opcode['i64.extend_i32_u']]],
  [ValType.f64]: [[Opcode['i64.reinterpret_f64']]],
  [ValType.v128]: [
    [Opcode['local.tee'], vectorLocal],
    [Opcode['i64x2.extract_lane'], 0],
    [Opcode['local.get'], vectorLocal],
    [Opcode['i64x2.extract_lane'], 1],
    [Opcode['i64.const'], 11n],
    [Opcode['i64.rotl']],
    [Opcode['i64.xor']],
  ],
};

function accessCode({ memory, row, isStore, form, offset }: Access, random: Random): Instruction[] {
  const { code, access, signature } = row;
  const align = random.between(0, Math.log2(access));
  const lanes = laneCount[code] === 0 ? [] : [random.below(laneCount[code])];
  const operands = (signature?.operands ?? []).slice(1);
  const instructions: Instruction[] = [
    ...form.code,
    ...operands.flatMap((type): Instruction[] => [[Opcode['local.get'], valueLocal], ...fromBits[type]]),
    [code, align, offset, memory.index, ...lanes],
  ];
  const result = signature?.result;
  if (isStore || result === undefined) return instructions;
  // A sum that can be vectorized, or a hash.
  const mix: Instruction[] = random.chance(50)
    ? [[Opcode['i64.add']]]
    : [[Opcode['i64.xor']], [Opcode['i64.const'], 7n], [Opcode['i64.rotl']]];
  return [
    ...instructions,
    ...toBits[result],
    [Opcode['local.get'], sumLocal],
    ...mix,
    [Opcode['local.set'], sumLocal],
  ];
}

function isInside({ memory, row, form, offset }: Access, start: bigint): boolean {
  return form.valueOf(start) + offset + BigInt(row.access) <= memory.size;
}

const steps: readonly bigint[] = [0n, 1n, 2n, 4n, 8n, 8n, 16n, 24n, 65536n, 1n << 31n, 1n << 32n, 1n << 63n];

/**
 * Arguments for a call of a function; undefined if none were found. In a loop that LLVM has vectorized an
 * access out of bounds traps some turns early, so no store comes before one.
 */
export function edgeArguments(fn: EdgeFunction, random: Random): EdgeArguments | undefined {
  for (let tries = 0; tries < 8; tries++) {
    const { memory, row, offset } = random.pick(fn.accesses);
    const width = BigInt(row.access);
    const start = wrapped(edgeOf(memory.size, width, random) - (random.chance(80) ? offset : 0n));
    if (!fn.isLoop) return { start, step: 0n, turns: 1 };
    const step = wrapped(random.pick(steps) * (random.chance(25) ? -1n : 1n));
    const most = random.pick([1, 2, 3, 7, 16, 33, 64, 100]);
    const hasStore = fn.accesses.some(({ isStore }) => isStore);
    const turns = hasStore ? turnsInside(fn, start, step, most) : most;
    if (turns > 0) return { start, step, turns };
    if (fn.accesses.length === 1) return { start, step, turns: most };
  }
  return undefined;
}

/** How many turns are made before an access is out of bounds. */
function turnsInside(fn: EdgeFunction, start: bigint, step: bigint, most: number): number {
  for (let turn = 0; turn < most; turn++) {
    const at = wrapped(start + step * BigInt(turn));
    if (fn.accesses.some((access) => !isInside(access, at))) return turn;
  }
  return most;
}
