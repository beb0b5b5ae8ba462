/** Loads and stores of vectors and of their lanes. Bounds have been checked. */
import { copy } from './lanes.js';
import { b, result } from './registers.js';

/**
 * Executes a load or store at byte `at` of a memory. A vector operand is in register b, and the result of a
 * load goes to the register of results.
 */
export type VectorAccess = (memory: DataView, at: number, lane: number) => void;

type Lanes = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32';

const readers: Readonly<Record<Lanes, (memory: DataView, at: number) => number>> = {
  i8: (memory, at) => memory.getInt8(at),
  u8: (memory, at) => memory.getUint8(at),
  i16: (memory, at) => memory.getInt16(at, true),
  u16: (memory, at) => memory.getUint16(at, true),
  i32: (memory, at) => memory.getInt32(at, true),
  u32: (memory, at) => memory.getUint32(at, true),
};

/** `words` words; the lanes above them become 0. */
function loadWords(words: 1 | 2 | 4): VectorAccess {
  return (memory, at) => {
    for (let k = 0; k < 4; k++) result.i32[k] = k < words ? memory.getInt32(at + 4 * k, true) : 0;
  };
}

/** Eight bytes of lanes, each as one of twice the width. */
function loadExtended(from: Exclude<Lanes, 'i32' | 'u32'>, to: 'i16' | 'i32'): VectorAccess {
  const read = readers[from];
  const lanes = result[to];
  return (memory, at) => {
    for (let k = 0; k < lanes.length; k++) lanes[k] = read(memory, at + (8 / lanes.length) * k);
  };
}

function loadExtendedTo64(from: 'i32' | 'u32'): VectorAccess {
  const read = readers[from];
  return (memory, at) => {
    for (let k = 0; k < 2; k++) result.i64[k] = BigInt(read(memory, at + 4 * k));
  };
}

function loadSplat(lanes: 'i8' | 'i16' | 'i32'): VectorAccess {
  const read = readers[lanes];
  return (memory, at) => {
    result[lanes].fill(read(memory, at));
  };
}

function loadLane(lanes: 'i8' | 'i16' | 'i32'): VectorAccess {
  const read = readers[lanes];
  return (memory, at, lane) => {
    copy(result, b);
    result[lanes][lane] = read(memory, at);
  };
}

/** Accesses by mnemonic. */
export const vectorAccesses: Readonly<Record<string, VectorAccess>> = {
  'v128.load': loadWords(4),
  'v128.load8x8_s': loadExtended('i8', 'i16'),
  'v128.load8x8_u': loadExtended('u8', 'i16'),
  'v128.load16x4_s': loadExtended('i16', 'i32'),
  'v128.load16x4_u': loadExtended('u16', 'i32'),
  'v128.load32x2_s': loadExtendedTo64('i32'),
  'v128.load32x2_u': loadExtendedTo64('u32'),
  'v128.load8_splat': loadSplat('i8'),
  'v128.load16_splat': loadSplat('i16'),
  'v128.load32_splat': loadSplat('i32'),
  'v128.load64_splat': (memory, at) => {
    result.i64.fill(memory.getBigInt64(at, true));
  },
  'v128.load32_zero': loadWords(1),
  'v128.load64_zero': loadWords(2),
  'v128.load8_lane': loadLane('i8'),
  'v128.load16_lane': loadLane('i16'),
  'v128.load32_lane': loadLane('i32'),
  'v128.load64_lane': (memory, at, lane) => {
    copy(result, b);
    result.i64[lane] = memory.getBigInt64(at, true);
  },
  'v128.store': (memory, at) => {
    for (let k = 0; k < 4; k++) memory.setInt32(at + 4 * k, b.i32[k], true);
  },
  'v128.store8_lane': (memory, at, lane) => memory.setInt8(at, b.i8[lane]),
  'v128.store16_lane': (memory, at, lane) => memory.setInt16(at, b.i16[lane], true),
  'v128.store32_lane': (memory, at, lane) => memory.setInt32(at, b.i32[lane], true),
  'v128.store64_lane': (memory, at, lane) => memory.setBigInt64(at, b.i64[lane], true),
};
