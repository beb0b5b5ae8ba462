/** Memory instructions: of several memories, with addresses of 32 and 64 bits. */
import { laneCount, Opcode, type OpcodeRow, opcodes } from '../../src/wasm/opcodes.js';
import { type AddressType, ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { exact, i32, type MemorySlot, type Shape, type Slot, segmentMinimum } from './shape.js';

const pageSize = 65536;

const accesses = opcodes.filter(({ access }) => access > 0);
const loads = accesses.filter(({ signature }) => signature?.result !== undefined);
const stores = accesses.filter(({ signature }) => signature?.result === undefined);
const scalarStores = stores.filter(({ feature }) => feature !== 'simd');

function storesOf({ hasVectors }: Shape): readonly OpcodeRow[] {
  return hasVectors ? stores : scalarStores;
}

/** One of the memories, mostly the first. */
function chooseMemory({ random, shape }: Body): MemorySlot {
  return random.chance(60) ? shape.memories[0] : random.pick(shape.memories);
}

/** Pushes the size of a memory in bytes less a constant. */
function endOf(body: Body, memory: MemorySlot, less: number): void {
  const { address, index } = memory;
  body.emit(Opcode['memory.size'], index);
  if (address === ValType.i64) {
    body.emit(Opcode['i64.const'], 16n);
    body.emit(Opcode['i64.shl']);
    body.emit(Opcode['i64.const'], BigInt(less));
    body.emit(Opcode['i64.sub']);
  } else {
    body.emit(Opcode['i32.const'], 16);
    body.emit(Opcode['i32.shl']);
    body.emit(Opcode['i32.const'], less);
    body.emit(Opcode['i32.sub']);
  }
  body.push(exact(address));
}

/** Pushes an address for an access of this many bytes, usually within bounds; returns the offset to use. */
function address(body: Body, access: number, memory: MemorySlot): number | bigint {
  const { random } = body;
  const outside = body.wild ? 10 : 1;
  if (random.chance(outside)) {
    if (memory.address === ValType.i64 && random.chance(75)) return farAddress(body, access, memory);
    return outsideAddress(body, access, memory);
  }
  const offset = random.pick([0, 0, 1, 3, 4, 8, 16, 63, 255, 0x1000, 0x7ff0]);
  switch (random.below(8)) {
    case 0: {
      const last = pageSize * memory.pages - access - offset;
      body.addressConst(random.chance(50) ? last : random.below(Math.min(last, 0x4000)), memory.address);
      return offset;
    }
    case 1:
      // The last bytes of the memory.
      endOf(body, memory, access + offset + random.pick([0, 0, 1, 7]));
      return offset;
    default: {
      const mask = random.pick([0xff, 0xff8, 0x3ff, 0x7fff, 0x1ff]);
      if (memory.address === ValType.i64 && random.chance(50)) {
        body.want([exact(ValType.i64)]);
        body.emit(Opcode['i64.const'], BigInt(mask));
        body.emit(Opcode['i64.and']);
        return offset;
      }
      body.want([i32]);
      body.emit(Opcode['i32.const'], mask);
      body.emit(Opcode['i32.and']);
      extend(body, memory.address);
      return offset;
    }
  }
}

/** Turns the i32 on top of the stack into an address, unsigned. */
function extend(body: Body, type: AddressType): void {
  if (type === ValType.i32) return;
  body.emit(Opcode['i64.extend_i32_u']);
  body.pop(1);
  body.push(exact(type));
}

/**
 * Pushes an address at which an access of this many bytes is out of bounds, or would be without wrapping
 * around; returns the offset to use.
 */
function outsideAddress(body: Body, access: number, memory: MemorySlot): number {
  const { random } = body;
  switch (random.below(5)) {
    case 0:
      endOf(body, memory, access - random.between(1, access));
      return 0;
    case 1:
      body.addressConst(-random.between(1, 16), memory.address);
      return random.pick([0, 1, 8, 16, 0xffff]);
    case 2:
      body.addressConst(random.below(64), memory.address);
      return 0xffffffff - random.below(32);
    case 3:
      body.want([exact(memory.address)]);
      return random.pick([0, 0x7fffffff, 0x80000000, 0xfffffff0]);
    default:
      body.want([exact(memory.address)]);
      return random.below(16);
  }
}

/** Where sums of address, offset and size are near these, carries get lost. */
const farEdges: readonly bigint[] = [31n, 32n, 33n, 47n, 48n, 53n, 63n, 64n].map((bits) => 1n << bits);

/** Pushes a 64-bit address; together with the offset that is returned it is near an edge, or wraps around. */
function farAddress(body: Body, access: number, memory: MemorySlot): number | bigint {
  const { random } = body;
  const near = random.pick(farEdges) + BigInt(random.between(-16, 16));
  const sum = random.chance(50) ? near : near - BigInt(random.below(access + 1));
  switch (random.below(4)) {
    case 0:
      body.addressConst(sum, memory.address);
      return random.below(32);
    case 1: {
      const offset = BigInt.asUintN(64, sum);
      body.addressConst(random.below(64), memory.address);
      return offset;
    }
    case 2: {
      // The sum is 2^64 and a little: as if it were in bounds.
      const offset = BigInt.asUintN(64, random.pick(farEdges) - BigInt(random.below(64)));
      body.addressConst((1n << 64n) - offset + BigInt(random.below(0x100)), memory.address);
      return offset;
    }
    default: {
      const offset = BigInt.asUintN(64, random.pick(farEdges) - BigInt(random.below(3)));
      endOf(body, memory, random.below(64));
      return offset;
    }
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
  const memory = chooseMemory(body);
  const offset = address(body, access, memory);
  // Loads of lanes take the vector that has the others.
  for (const type of signature.operands.slice(1)) body.value(exact(type));
  body.emit(code, alignment(body, access), offset, memory.index, ...lanes(body, row));
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
  const memory = chooseMemory(body);
  const offset = address(body, access, memory);
  body.value(exact(type));
  body.emit(code, alignment(body, access), offset, memory.index, ...lanes(body, row));
  body.pop(2);
}

/**
 * Pushes an address or index below `limit`, a power of two; now and then an arbitrary one.
 *
 * @param type i32, or i64 in 64-bit memories and tables
 */
export function bounded(body: Body, limit: number, type: AddressType = ValType.i32): void {
  if (body.random.chance(40)) {
    body.addressConst(body.random.below(limit), type);
    return;
  }
  body.value(exact(type));
  if (body.random.chance(body.wild ? 15 : 1)) return;
  if (type === ValType.i64) {
    body.emit(Opcode['i64.const'], BigInt(limit - 1));
    body.emit(Opcode['i64.and']);
  } else {
    body.emit(Opcode['i32.const'], limit - 1);
    body.emit(Opcode['i32.and']);
  }
}

/**
 * Pushes a start below `limit`, or sometimes one from which `length` bytes end at the end of memory or one
 * byte after.
 */
function startOf(body: Body, memory: MemorySlot, limit: number, length: number): void {
  const { random } = body;
  if (random.chance(15)) {
    endOf(body, memory, random.chance(body.wild ? 40 : 10) ? length - 1 : length);
  } else {
    bounded(body, limit, memory.address);
  }
}

/** memory.fill, memory.copy, memory.init, data.drop or memory.grow. */
export function bulkMemory(body: Body): void {
  const { random, shape } = body;
  const segments = shape.draft.data.length;
  const length = random.pick([0, 1, 3, 8, 16, 100, 0x200]);
  const memory = chooseMemory(body);
  switch (random.below(segments > 0 ? 6 : 3)) {
    case 0:
      startOf(body, memory, 0x8000, length);
      body.value(i32);
      lengthOf(body, length, memory.address);
      body.emit(Opcode['memory.fill'], memory.index);
      body.pop(3);
      return;
    case 1: {
      const limit = random.pick([0x4000, 0x100]);
      const source = random.chance(60) ? memory : random.pick(shape.memories);
      startOf(body, memory, limit, length);
      startOf(body, source, limit, length);
      lengthOf(body, length, smaller(memory.address, source.address));
      body.emit(Opcode['memory.copy'], memory.index, source.index);
      body.pop(3);
      return;
    }
    case 2:
      grow(body, memory);
      return;
    case 3:
    case 4:
      startOf(body, memory, 0x8000, segmentMinimum / 2);
      bounded(body, segmentMinimum / 2);
      bounded(body, segmentMinimum / 2);
      body.emit(Opcode['memory.init'], random.below(segments), memory.index);
      body.pop(3);
      return;
    default:
      body.emit(Opcode['data.drop'], random.below(segments));
  }
}

/** The type of lengths of what is copied between memories or tables with these addresses. */
export function smaller(a: AddressType, b: AddressType): AddressType {
  return a === ValType.i64 ? b : a;
}

/** Pushes a length, mostly as a constant. */
function lengthOf(body: Body, length: number, type: AddressType): void {
  if (body.random.chance(70)) body.addressConst(length, type);
  else bounded(body, 16, type);
}

const mostPages = 12;

/** Grows a memory; if it has no maximum, only as long as it is small. */
function grow(body: Body, { index, address, hasMaximum }: MemorySlot): void {
  const { random } = body;
  const isWide = address === ValType.i64;
  const huge = [pageSize, pageSize + 1, -1, -0x80000000, ...(isWide ? [2 ** 32, 2 ** 48, -(2 ** 63)] : [])];
  const delta = random.chance(20) ? random.pick(huge) : random.pick([0, 1, 1, 2, 3]);
  body.addressConst(delta, address);
  if (hasMaximum || delta === 0) {
    body.emit(Opcode['memory.grow'], index);
    return;
  }
  body.addressConst(0, address);
  body.emit(Opcode['memory.size'], index);
  if (isWide) {
    body.emit(Opcode['i64.const'], BigInt(mostPages));
    body.emit(Opcode['i64.lt_u']);
  } else {
    body.emit(Opcode['i32.const'], mostPages);
    body.emit(Opcode['i32.lt_u']);
  }
  body.emit(Opcode.select);
  body.emit(Opcode['memory.grow'], index);
  body.pop(1);
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
  if (code === undefined || body.shape.memories.length === 0) return;
  const { index, address } = chooseMemory(body);
  body.addressConst(0xc000 + 8 * body.random.below(0x700), address);
  body.emit(Opcode['local.get'], local.index);
  body.push(local);
  body.canonicalize();
  body.emit(code, 0, 0, index);
  body.pop(2);
}
