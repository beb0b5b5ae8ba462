import { Gpr } from '../code/abi.js';
import { X } from '../x64/instructions.js';
import { type Address, view as foreignView, func } from './ffi.js';
import { lazy } from './lazy.js';
import { emitNodeApiCall, nativeFunction } from './node-api.js';
import { allocate, pageSize } from './pages.js';
import { movAddress } from './stubs/stub-code.js';
import { own, ResourceKind } from './thread-resources.js';

/*
 * Native memory as JavaScript sees it. The FFI can do that too, and does for what this is built on; but it ends the
 * process where the thread is being stopped meanwhile (`worker.terminate()`, or the end of the worker that started it),
 * for then Node refuses to make objects.
 */

const { rax, rcx, rdx, rsp, rsi, r8, r9 } = Gpr;

const maker = lazy(() => {
  const cell = allocate(pageSize);
  own(ResourceKind.mapping, cell, pageSize);
  const makeView = nativeFunction((a) => {
    a.ri(X.sub64, rsp, 24);
    a.mi(X.mov64, rsp, 8, 0);
    movAddress(a, rax, cell);
    a.rm(X.cvttsd2si64, rsi, rax, 0);
    a.rm(X.cvttsd2si64, rdx, rax, 8);
    a.rr(X.xor32, rcx, rcx);
    a.rr(X.xor32, r8, r8);
    a.rm(X.lea64, r9, rsp, 8);
    emitNodeApiCall(a, 'napi_create_external_arraybuffer');
    a.rm(X.mov64, rax, rsp, 8);
    a.ri(X.add64, rsp, 24);
    a.op(X.ret);
  }) as () => ArrayBuffer | undefined;
  /** Address and length of the view to make: as f64, which hold both exactly. */
  const words = new Float64Array(foreignView(cell, 16));
  return { words, makeView };
});

/**
 * Native memory as an ArrayBuffer. The memory must stay mapped for as long as anybody may look at the buffer:
 * `detach` it first. Throws where the thread is being stopped.
 */
export function view(address: Address, byteLength: number): ArrayBuffer {
  const { words, makeView } = maker();
  words[0] = address;
  words[1] = byteLength;
  const buffer = makeView();
  if (buffer === undefined) throw new Error('cannot look at memory: the thread is being stopped');
  return buffer;
}

const strlen = func('strlen', 'size', ['address']);

/** The zero-terminated string at an address, in UTF-8. */
export function text(address: Address): string {
  return new TextDecoder().decode(new Uint8Array(view(address, strlen(address))).slice());
}
