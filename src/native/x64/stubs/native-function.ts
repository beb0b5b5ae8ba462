import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitNodeApiCall } from './node-api-call.js';
import { movAddress } from './stub-code.js';

const { rax, rbx, rcx, rdx, rsp, rbp, rsi, r8, r9 } = Gpr;

/** Bytes between the FFI's frame and ours. */
const distance = 256;

/** Where a new function is put: a property of an object that is a property of `globalThis`. */
export interface FunctionPlace {
  readonly object: string;
  readonly property: string;
}

/**
 * void install(): makes the JavaScript function whose body's address is at `scratch`, and puts it in its
 * place.
 *
 * The FFI calls it on a separate stack, where V8 must not collect garbage (newer ones end the process then).
 * But rbp points to the frame that called the FFI's code, on the thread's stack, and there is room below
 * that.
 */
export function emitInstall(a: Assembler, scratch: Address, place: FunctionPlace): void {
  const object = a.newLabel();
  const property = a.newLabel();
  a.r(X.push, rbx);
  a.rr(X.mov64, rbx, rsp);
  a.rm(X.lea64, rsp, rbp, -distance);
  a.ri(X.and64, rsp, -16);
  // [rsp + 16]: the FFI's stack pointer
  a.ri(X.sub64, rsp, 32);
  a.mr(X.mov64, rsp, 16, rbx);
  movAddress(a, rbx, scratch);
  a.rm(X.lea64, rsi, rsp, 0);
  emitNodeApiCall(a, 'napi_get_global');
  a.rm(X.mov64, rsi, rsp, 0);
  a.rl(X.lea64, rdx, object);
  a.rm(X.lea64, rcx, rsp, 0);
  emitNodeApiCall(a, 'napi_get_named_property');
  a.rr(X.xor32, rsi, rsi);
  a.rr(X.xor32, rdx, rdx);
  a.rm(X.mov64, rcx, rbx, 0);
  a.rr(X.xor32, r8, r8);
  a.rm(X.lea64, r9, rsp, 8);
  emitNodeApiCall(a, 'napi_create_function');
  a.rm(X.mov64, rsi, rsp, 0);
  a.rl(X.lea64, rdx, property);
  a.rm(X.mov64, rcx, rsp, 8);
  emitNodeApiCall(a, 'napi_set_named_property');
  a.rm(X.mov64, rsp, rsp, 16);
  a.r(X.pop, rbx);
  a.op(X.ret);
  emitText(a, object, place.object);
  emitText(a, property, place.property);
}

function emitText(a: Assembler, label: number, text: string): void {
  a.bind(label);
  a.append(new TextEncoder().encode(`${text}\0`));
}

/**
 * The body of a function of one argument that makes one Node-API call with it (a `napi_value`) as its second
 * argument; `emitRest` puts the others in place. Returns undefined.
 */
export function emitForwardedCall(a: Assembler, name: string, emitRest?: () => void): void {
  a.ri(X.sub64, rsp, 24);
  a.mi(X.mov64, rsp, 8, 1);
  a.rm(X.lea64, rdx, rsp, 8);
  a.rm(X.lea64, rcx, rsp, 0);
  a.rr(X.xor32, r8, r8);
  a.rr(X.xor32, r9, r9);
  emitNodeApiCall(a, 'napi_get_cb_info');
  a.rm(X.mov64, rsi, rsp, 0);
  emitRest?.();
  emitNodeApiCall(a, name);
  a.rr(X.xor32, rax, rax);
  a.ri(X.add64, rsp, 24);
  a.op(X.ret);
}

/**
 * The body of a function that makes a reference, with a count of 1, to its argument. The `napi_ref` is
 * written to `result`.
 */
export function emitCreateReference(a: Assembler, result: Address): void {
  emitForwardedCall(a, 'napi_create_reference', () => {
    a.movImm(rdx, 1, 0);
    movAddress(a, rcx, result);
  });
}
