import { slotSize } from '../../layout/widths.js';
import { type Address, addressOf, nativeUnavailable } from '../ffi/ffi.js';

/** Zeroed memory that belongs to JavaScript, and lives for as long as somebody holds the buffer. */
export interface BufferBlock {
  /** Address of the first byte, a multiple of 16. */
  readonly address: Address;
  readonly buffer: ArrayBuffer;
}

const alignment = 16;
/** Bytes of a cell, of which blocks are made. */
const cellSize = slotSize;
const addressLimit = 2 ** 47;

/** Where the next block lies that has no address: nothing is there, and no two are in the same place. */
let nextName = 2 ** 32;

/**
 * Makes a block of whole cells, at least one. Where nothing native can be had (`nativeUnavailable`), its
 * address is only a name: no other block's range overlaps it. Unlike a `NativeBlock` it takes no machine
 * code.
 *
 * @throws RangeError where there is no memory left
 */
export function makeBufferBlock(byteLength: number): BufferBlock {
  const buffer = new ArrayBuffer(Math.max(1, Math.ceil(byteLength / cellSize)) * cellSize);
  return { address: nativeUnavailable() === undefined ? addressOf(buffer) : nameOf(buffer), buffer };
}

function nameOf({ byteLength }: ArrayBuffer): Address {
  const address = nextName;
  nextName += Math.ceil((byteLength + 1) / alignment) * alignment;
  if (nextName > addressLimit) throw new RangeError('no addresses are left');
  return address;
}
