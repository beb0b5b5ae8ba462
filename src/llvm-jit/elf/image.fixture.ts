import { type Address, callable } from '../../native/ffi/ffi.js';
import { NativeBlock } from '../../native/memory/block.js';
import { placeCodePage } from '../../native/process/pages.js';
import { movAddress } from '../../native/x64/stubs/stub-code.js';
import { Gpr } from '../../x64/abi.js';
import { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import type { LinkedObject } from './link.js';

/** What tests do with linked images: place and call them, and find calls in them. */

const { rax, rbx, rdi, rsi, rdx } = Gpr;
const integers = [rdi, rsi, rdx];
const floatArguments = 2;
/** Offsets in the block through which the thunk gets arguments and returns results. */
const offsets = { target: 0, integers: 8, floats: 32, integer: 48, float: 56 } as const;

let block: NativeBlock | undefined;
let thunk: (() => void) | undefined;

/** Calls the function in `block` with the arguments there. */
function makeThunk(exchange: Address): () => void {
  const a = new Assembler();
  a.r(X.push, rbx);
  movAddress(a, rbx, exchange);
  for (const [k, register] of integers.entries()) a.rm(X.mov64, register, rbx, offsets.integers + 8 * k);
  for (let k = 0; k < floatArguments; k++) a.rm(X.movsd, k, rbx, offsets.floats + 8 * k);
  a.rm(X.mov64, rax, rbx, offsets.target);
  a.r(X.call, rax);
  a.mr(X.mov64, rbx, offsets.integer, rax);
  a.mr(X.movsd, rbx, offsets.float, 0);
  a.r(X.pop, rbx);
  a.op(X.ret);
  return callable(placeCodePage(a.finish()).address);
}

export interface CallResult {
  /** rax. */
  readonly integer: bigint;
  /** xmm0 as a double. */
  readonly float: number;
}

/** An image that has been placed. */
export class PlacedImage {
  readonly address: Address;
  readonly #linked: LinkedObject;

  constructor(linked: LinkedObject) {
    this.#linked = linked;
    this.address = placeCodePage(linked.bytes).address;
  }

  /** Address of a function. */
  addressOf(name: string): Address {
    const found = this.#linked.functions.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`there is no function ${name}`);
    return this.address + found.offset;
  }

  /** Calls a C function: integers and addresses as bigints, doubles as numbers. */
  call(name: string, ...args: readonly (bigint | number)[]): CallResult {
    block ??= new NativeBlock(64);
    thunk ??= makeThunk(block.address);
    block.setAddress(offsets.target, this.addressOf(name));
    let integer = 0;
    let float = 0;
    for (const arg of args) {
      if (typeof arg === 'bigint') block.view.setBigInt64(offsets.integers + 8 * integer++, arg, true);
      else block.view.setFloat64(offsets.floats + 8 * float++, arg, true);
    }
    thunk();
    return {
      integer: block.view.getBigInt64(offsets.integer, true),
      float: block.view.getFloat64(offsets.float, true),
    };
  }
}

/**
 * Offsets of the calls of, and jumps to, external functions at these addresses. They are found by their
 * bytes: a distance to a veneer that jumps through a slot with the address.
 */
export function callsTo({ bytes, codeEnd }: LinkedObject, address: Address): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let at = 0; at + 5 <= codeEnd; at++) {
    if (bytes[at] !== 0xe8 && bytes[at] !== 0xe9) continue;
    const veneer = at + 5 + view.getInt32(at + 1, true);
    if (veneer <= 0 || veneer + 6 > codeEnd || bytes[veneer] !== 0xff || bytes[veneer + 1] !== 0x25) continue;
    const slot = veneer + 6 + view.getInt32(veneer + 2, true);
    if (slot >= codeEnd && slot + 8 <= bytes.length && Number(view.getBigUint64(slot, true)) === address)
      found.push(at);
  }
  return found;
}
