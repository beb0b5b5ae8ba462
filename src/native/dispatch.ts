import { Gpr } from '../code/abi.js';
import { X } from '../x64/instructions.js';
import { type Address, view } from './ffi.js';
import { lazy } from './lazy.js';
import { nativeFunction } from './node-api.js';
import { allocate, pageSize } from './pages.js';
import { movAddress } from './stubs/stub-code.js';
import { own, ResourceKind } from './thread-resources.js';

/**
 * The only function through which JavaScript enters wasm code. V8 compiles a call of a constant function to half the
 * time of a call of one that it must look at first; so there is one for all entry stubs, a constant of the closure that
 * calls it, and which stub is meant is said by a number in memory. Numbers are written as f64: an address takes one store.
 */

const { rax, r11 } = Gpr;

/** Byte offset of the record's address from r11 in an entry stub. */
export const recordOffset = 8;

/** Enters wasm code: jumps to an entry stub, which calls the function whose record is at an address. */
export type Dispatch = (entryStub: Address, record: Address) => void;

/** Makes the thread's, at the first call. */
export const dispatcher: () => Dispatch = lazy(() => {
  const cell = allocate(pageSize);
  own(ResourceKind.mapping, cell, pageSize);
  /** Element 0: address of the entry stub. Element 1: address of the function record to enter. */
  const words = new Float64Array(view(cell, 16));
  /** Jumps to the entry stub, with the address of the cell in r11. */
  const jump = nativeFunction((a) => {
    movAddress(a, r11, cell);
    a.rm(X.cvttsd2si64, rax, r11, 0);
    a.r(X.jmp, rax);
  });
  return (entryStub, record) => {
    words[0] = entryStub;
    words[1] = record;
    jump();
  };
});
