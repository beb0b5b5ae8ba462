/**
 * Instructions on memories, but for a first memory with addresses of 32 bits, for which the loop has
 * operations of its own. Addresses, offsets and lengths are doubles here. They are exact below 2⁵³, and what
 * is above that is above the size of any memory, as is every sum with it.
 */
import { Trap } from '../code/traps.js';
import { wasmPageSize } from '../wasm/limits.js';
import { accessSize, mnemonic, Opcode } from '../wasm/opcodes.js';
import type { InterpretedInstance, MemoryAccess } from './callee.js';
import { writeNumber } from './int64.js';
import { Wide } from './operations.js';
import type { Stack } from './stack.js';
import { accessVector } from './vectors/execute.js';

const twoTo32 = 2 ** 32;

/** An unsigned number of 32 or 64 bits. */
function read(u32: Uint32Array, place: number, isWide: boolean): number {
  return isWide ? u32[place] + u32[place + 1] * twoTo32 : u32[place];
}

/**
 * Executes a load to d, or a store of b, at the address in a.
 *
 * @param words see `accessWords`; they begin at `at`
 */
export function accessMemory(
  stack: Stack,
  instance: InterpretedInstance,
  words: Int32Array,
  at: number,
  d: number,
  a: number,
  b: number,
): Trap {
  const opcode = words[at];
  const memory = instance.memoryAt(words[at + 1]);
  const offset = (words[at + 3] >>> 0) + (words[at + 4] >>> 0) * twoTo32;
  const address = read(stack.u32, a, words[at + 2] !== 0) + offset;
  if (address + accessSize[opcode] > memory.byteLength) return Trap.memoryOutOfBounds;
  if (!accessScalar(stack.i32, opcode, memory.view, address, d, b)) {
    accessVector(stack, opcode, d, address, b, words[at + 5], memory.view);
  }
  return Trap.none;
}

/** Loads or stores inside a memory. False if the opcode is one of vectors. */
function accessScalar(
  i32: Int32Array,
  opcode: number,
  view: DataView,
  at: number,
  d: number,
  b: number,
): boolean {
  switch (opcode) {
    case Opcode['i32.load']:
    case Opcode['f32.load']:
      i32[d] = view.getInt32(at, true);
      return true;
    case Opcode['i64.load']:
    case Opcode['f64.load']:
      i32[d] = view.getInt32(at, true);
      i32[d + 1] = view.getInt32(at + 4, true);
      return true;
    case Opcode['i32.load8_s']:
      i32[d] = view.getInt8(at);
      return true;
    case Opcode['i32.load8_u']:
      i32[d] = view.getUint8(at);
      return true;
    case Opcode['i32.load16_s']:
      i32[d] = view.getInt16(at, true);
      return true;
    case Opcode['i32.load16_u']:
      i32[d] = view.getUint16(at, true);
      return true;
    case Opcode['i64.load8_s']:
      writeNumber(i32, d, view.getInt8(at));
      return true;
    case Opcode['i64.load8_u']:
      writeNumber(i32, d, view.getUint8(at));
      return true;
    case Opcode['i64.load16_s']:
      writeNumber(i32, d, view.getInt16(at, true));
      return true;
    case Opcode['i64.load16_u']:
      writeNumber(i32, d, view.getUint16(at, true));
      return true;
    case Opcode['i64.load32_s']:
      writeNumber(i32, d, view.getInt32(at, true));
      return true;
    case Opcode['i64.load32_u']:
      writeNumber(i32, d, view.getUint32(at, true));
      return true;
    case Opcode['i32.store']:
    case Opcode['f32.store']:
    case Opcode['i64.store32']:
      view.setInt32(at, i32[b], true);
      return true;
    case Opcode['i64.store']:
    case Opcode['f64.store']:
      view.setInt32(at, i32[b], true);
      view.setInt32(at + 4, i32[b + 1], true);
      return true;
    case Opcode['i32.store8']:
    case Opcode['i64.store8']:
      view.setInt8(at, i32[b]);
      return true;
    case Opcode['i32.store16']:
    case Opcode['i64.store16']:
      view.setInt16(at, i32[b], true);
      return true;
    default:
      return false;
  }
}

/**
 * Executes an instruction on a memory as a whole. Its operands follow each other from d on, where the result
 * goes too.
 *
 * @param words see `wholeWords`; they begin at `at`
 */
export function executeOnMemory(
  { i32, u32 }: Stack,
  instance: InterpretedInstance,
  words: Int32Array,
  at: number,
  d: number,
): Trap {
  const opcode = words[at];
  const index = words[at + 1];
  const wide = words[at + 2];
  const isWide = (wide & Wide.address) !== 0;
  switch (opcode) {
    case Opcode['memory.size']:
      writeNumber(i32, d, instance.memoryAt(index).byteLength / wasmPageSize);
      return Trap.none;
    case Opcode['memory.grow']:
      writeNumber(i32, d, instance.memoryGrow(index, read(u32, d, isWide)));
      return Trap.none;
    case Opcode['memory.fill']:
      return fill(instance.memoryAt(index), read(u32, d, isWide), i32[d + 2], read(u32, d + 4, isWide));
    case Opcode['memory.copy']: {
      const source = read(u32, d + 2, (wide & Wide.source) !== 0);
      const length = read(u32, d + 4, (wide & Wide.length) !== 0);
      const from = instance.memoryAt(words[at + 3]);
      return copy(instance.memoryAt(index), from, read(u32, d, isWide), source, length);
    }
    case Opcode['memory.init']:
      return instance.memoryInit(words[at + 3], index, read(u32, d, isWide), u32[d + 2], u32[d + 4]);
    default:
      throw new Error(`internal error: ${mnemonic(opcode)} on a memory`);
  }
}

/** Bytes that are done at once: typed arrays may have no more than 2³² elements. */
const atOnce = 2 ** 30;

/** Some bytes of a memory, `atOnce` at most. */
function stretch({ view, bytes }: MemoryAccess, start: number, length: number): Uint8Array {
  return start + length <= bytes.length
    ? bytes.subarray(start, start + length)
    : new Uint8Array(view.buffer, start, length);
}

function fill(memory: MemoryAccess, start: number, value: number, length: number): Trap {
  if (start + length > memory.byteLength) return Trap.memoryOutOfBounds;
  for (let done = 0; done < length; done += atOnce) {
    stretch(memory, start + done, Math.min(atOnce, length - done)).fill(value);
  }
  return Trap.none;
}

function copy(
  target: MemoryAccess,
  source: MemoryAccess,
  destination: number,
  start: number,
  length: number,
): Trap {
  if (destination + length > target.byteLength || start + length > source.byteLength) {
    return Trap.memoryOutOfBounds;
  }
  // From the end where the stretches may overlap so.
  const backwards = destination > start;
  for (let done = 0; done < length; done += atOnce) {
    const count = Math.min(atOnce, length - done);
    const at = backwards ? length - done - count : done;
    stretch(target, destination + at, count).set(stretch(source, start + at, count));
  }
  return Trap.none;
}
