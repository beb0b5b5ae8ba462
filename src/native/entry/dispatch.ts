import { dispatchCell } from '../../layout/exec-env.js';
import { type Address, view } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { nativeFunction } from '../node-api/node-api.js';
import { allocate, pageSize } from '../process/pages.js';
import { own, ResourceKind } from '../process/thread-resources.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitDispatch } from '../x64/stubs/dispatch.js';

/** Enters wasm code: jumps to an entry stub, which calls the function whose record is at an address. */
export type Dispatch = (entryStub: Address, record: Address) => void;

const entryStubIndex = dispatchCell.offsets.entryStub / 8;
const recordIndex = dispatchCell.offsets.record / 8;

/**
 * Makes, at the first call, the thread's only function through which JavaScript enters wasm code. V8 compiles
 * a call of a constant function to half the time of a call of one that it must look at first. So one
 * function, a constant of the closure that calls it, serves all entry stubs, and a number in memory says
 * which one is meant. An address is written as f64, which takes one store.
 */
export const dispatcher: () => Dispatch = lazy(() => {
  const cell = allocate(pageSize);
  own(ResourceKind.mapping, cell, pageSize);
  const words = new Float64Array(view(cell, dispatchCell.size));
  const jump = nativeFunction(assemble((a) => emitDispatch(a, cell)));
  return (entryStub, record) => {
    words[entryStubIndex] = entryStub;
    words[recordIndex] = record;
    jump();
  };
});
