/** Memory instructions. */
import { laneCount, Opcode, type OpcodeRow, opcodes } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { exact, i32, type Shape, type Slot, segmentMinimum } from './shape.js';

const pageSize = 65536;

const accesses = opcodes.filter(({ access }) => access > 0);
const loads = accesses.filter(({ signature }) => signature?.result !== undefined);
const stores = accesses.filter(({ signature }) => signature?.result === undefined);
const scalarStores = stores.filter(({ feature }) => feature !== 'simd');

function storesOf({ hasVectors }: Shape): readonly OpcodeRow[] {
  return hasVectors ? stores : scalarStores;
}

/** Pushes an address for an access of this many bytes, usually within bounds; returns the offset to use. */
function address(body: Body, access: number): number {
  const { random, shape } = body;
  const outside = body.wild ? 10 : 1;
  if (random.chance(outside)) return outsideAddress(body, access);
  const offset = random.pick([0, 0, 1, 3, 4, 8, 16, 63, 255, 0x1000, 0x7ff0]);
  switch (random.below(8)) {
    case 0: {
      const last = pageSize * shape.pages - access - offset;
      body.i32Const(random.chance(50) ? last : random.below(Math.min(last, 0x4000)));
      return offset;
    }
    case 1:
      // The last bytes of the memory.
      body.emit(Opcode['memory.size']);
      body.emit(Opcode['i32.const'], 16);
      body.emit(Opcode['i32.shl']);
      body.emit(Opcode['i32.const'], access + offset + random.pick([0, 0, 1, 7]));
      body.emit(Opcode['i32.sub']);
      body.push(i32);
      return offset;
    default:
      body.want([i32]);
      body.emit(Opcode['i32.const'], random.pick([0xff, 0xff8, 0x3ff, 0x7fff, 0x1ff]));
      body.emit(Opcode['i32.and']);
      return offset;
  }
}

/**
 * Pushes an address at which an access of this many bytes is out of bounds, or would be without wrapping
 * around; returns the offset to use.
 */
function outsideAddress(body: Body, access: number): number {
  const { random } = body;
  switch (random.below(5)) {
    case 0:
      body.emit(Opcode['memory.size']);
      body.emit(Opcode['i32.const'], 16);
      body.emit(Opcode['i32.shl']);
      body.emit(Opcode['i32.const'], access - random.between(1, access));
      body.emit(Opcode['i32.sub']);
      body.push(i32);
      return 0;
    case 1:
      body.i32Const(-random.between(1, 16));
      return random.pick([0, 1, 8, 16, 0xffff]);
    case 2:
      body.i32Const(random.below(64));
      return 0xffffffff - random.below(32);
    case 3:
      body.want([i32]);
      return random.pick([0, 0x7fffffff, 0x80000000, 0xfffffff0]);
    default:
      body.want([i32]);
      return random.below(16);
  }
}

function alignment(body: Body, access: number): number {
  return body.random.chance(60) ? Math.log2(access) : body.random.between(0, Math.log2(access));
}

/** The lane that an access names, if it names one. */
function lanes(body: Body, { code }: OpcodeRow): number[] {
  return laneCount[code] === 0 ? [] : [body.random.below(laneCount[code])];
}

function load(body: Body, row: OpcodeRow): void {
  const { code, access, signature } = row;
  const result = signature?.result;
  if (signature === undefined || result === undefined) return;
  const offset = address(body, access);
  // Loads of lanes take the vector that has the others.
  for (const type of signature.operands.slice(1)) body.value(exact(type));
  body.emit(code, alignment(body, access), offset, ...lanes(body, row));
  body.pop(signature.operands.length);
  body.push(exact(result));
}

/** Writes a load with a result of this type. */
export function loadOf(body: Body, type: ValType): void {
  load(body, body.random.pick(loads.filter(({ signature }) => signature?.result === type)));
}

export function store(body: Body): void {
  const row = body.random.pick(storesOf(body.shape));
  const { code, access, signature } = row;
  const type = signature?.operands[1];
  if (type === undefined) return;
  const offset = address(body, access);
  body.value(exact(type));
  body.emit(code, alignment(body, access), offset, ...lanes(body, row));
  body.pop(2);
}

/** Pushes an i32 below `limit`, a power of two; now and then an arbitrary one. */
export function bounded(body: Body, limit: number): void {
  if (body.random.chance(40)) {
    body.i32Const(body.random.below(limit));
    return;
  }
  body.value(i32);
  if (body.random.chance(body.wild ? 15 : 1)) return;
  body.emit(Opcode['i32.const'], limit - 1);
  body.emit(Opcode['i32.and']);
}

/**
 * Pushes a start below `limit`, or sometimes one from which `length` bytes end at the end of memory or one
 * byte after.
 */
function startOf(body: Body, limit: number, length: number): void {
  const { random } = body;
  if (!random.chance(15)) {
    bounded(body, limit);
    return;
  }
  body.emit(Opcode['memory.size']);
  body.emit(Opcode['i32.const'], 16);
  body.emit(Opcode['i32.shl']);
  body.emit(Opcode['i32.const'], random.chance(body.wild ? 40 : 10) ? length - 1 : length);
  body.emit(Opcode['i32.sub']);
  body.push(i32);
}

/** memory.fill, memory.copy, memory.init, data.drop or memory.grow. */
export function bulkMemory(body: Body): void {
  const { random, shape } = body;
  const segments = shape.draft.data.length;
  const length = random.pick([0, 1, 3, 8, 16, 100, 0x200]);
  switch (random.below(segments > 0 ? 6 : 3)) {
    case 0:
      startOf(body, 0x8000, length);
      body.value(i32);
      lengthOf(body, length);
      body.emit(Opcode['memory.fill']);
      body.pop(3);
      return;
    case 1: {
      const limit = random.pick([0x4000, 0x100]);
      startOf(body, limit, length);
      startOf(body, limit, length);
      lengthOf(body, length);
      body.emit(Opcode['memory.copy']);
      body.pop(3);
      return;
    }
    case 2:
      grow(body);
      return;
    case 3:
    case 4:
      startOf(body, 0x8000, segmentMinimum / 2);
      bounded(body, segmentMinimum / 2);
      bounded(body, segmentMinimum / 2);
      body.emit(Opcode['memory.init'], random.below(segments));
      body.pop(3);
      return;
    default:
      body.emit(Opcode['data.drop'], random.below(segments));
  }
}

/** Pushes a length, mostly as a constant. */
function lengthOf(body: Body, length: number): void {
  if (body.random.chance(70)) body.i32Const(length);
  else bounded(body, 16);
}

const mostPages = 12;

/** Grows the memory; if it has no maximum, only as long as it is small. */
function grow(body: Body): void {
  const { random, shape } = body;
  const huge = [pageSize, pageSize + 1, -1, -0x80000000];
  const delta = random.chance(20) ? random.pick(huge) : random.pick([0, 1, 1, 2, 3]);
  if (shape.hasMaximum || delta === 0) {
    body.i32Const(delta);
    body.emit(Opcode['memory.grow']);
    return;
  }
  body.emit(Opcode['i32.const'], delta);
  body.emit(Opcode['i32.const'], 0);
  body.emit(Opcode['memory.size']);
  body.emit(Opcode['i32.const'], mostPages);
  body.emit(Opcode['i32.lt_u']);
  body.emit(Opcode.select);
  body.emit(Opcode['memory.grow']);
  body.push(i32);
}

const storeOf: Readonly<Record<number, number>> = {
  [ValType.i32]: Opcode['i32.store'],
  [ValType.i64]: Opcode['i64.store'],
  [ValType.f32]: Opcode['f32.store'],
  [ValType.f64]: Opcode['f64.store'],
  [ValType.v128]: Opcode['v128.store'],
};

/** Stores a local where its bits are seen at the end. */
export function observe(body: Body, local: Slot & { readonly index: number }): void {
  const code = storeOf[local.type];
  if (code === undefined || body.shape.pages === 0) return;
  body.i32Const(0xc000 + 8 * body.random.below(0x700));
  body.emit(Opcode['local.get'], local.index);
  body.push(local);
  body.canonicalize();
  body.emit(code, 0, 0);
  body.pop(2);
}
