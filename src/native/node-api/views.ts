import { type Address, view as foreignView, func } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { allocate, pageSize } from '../process/pages.js';
import { own, ResourceKind } from '../process/thread-resources.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitCreateView, wantedView } from '../x64/stubs/create-view.js';
import { nativeFunction } from './node-api.js';

/*
 * Native memory as JavaScript sees it. The FFI can make views too, and does so for what this module is built
 * on. But it ends the process when the thread is being stopped meanwhile (by `worker.terminate()`, or at the
 * end of the worker that started it), because Node refuses to make objects then.
 */

const maker = lazy(() => {
  const wanted = allocate(pageSize);
  own(ResourceKind.mapping, wanted, pageSize);
  const makeView = nativeFunction(assemble((a) => emitCreateView(a, wanted)));
  const words = new Float64Array(foreignView(wanted, wantedView.size));
  return { words, makeView: makeView as () => ArrayBuffer | undefined };
});

const addressIndex = wantedView.offsets.address / 8;
const byteLengthIndex = wantedView.offsets.byteLength / 8;

/**
 * Native memory as an ArrayBuffer. The memory must stay mapped for as long as anybody may look at the buffer:
 * `detach` it first. Throws where the thread is being stopped.
 */
export function view(address: Address, byteLength: number): ArrayBuffer {
  const { words, makeView } = maker();
  words[addressIndex] = address;
  words[byteLengthIndex] = byteLength;
  const buffer = makeView();
  if (buffer === undefined) throw new Error('cannot look at memory: the thread is being stopped');
  return buffer;
}

const strlen = func('strlen', 'size', ['address']);

/** The zero-terminated string at an address, in UTF-8. */
export function text(address: Address): string {
  return new TextDecoder().decode(new Uint8Array(view(address, strlen(address))).slice());
}
