import { Buffer } from 'node:buffer';
import { Gpr } from '../code/abi.js';
import { Assembler } from '../x64/assembler.js';
import { X } from '../x64/instructions.js';
import { type Address, callable, func, nodeEnvironment, symbol, view } from './ffi.js';
import { lazy } from './lazy.js';
import { allocate, pageSize, placeCodePage } from './pages.js';
import { movAddress } from './stubs/stub-code.js';
import { own, ResourceKind } from './thread-resources.js';

/**
 * Node-API, as native add-ons use it, called by our machine code: functions of JavaScript whose body is machine code,
 * and calls from machine code to JavaScript. An FFI's general way takes longer, and runs on a stack of its own.
 */

const { rax, rbx, rcx, rdx, rsp, rbp, rsi, rdi, r8, r9 } = Gpr;

/** Emits a call of a Node-API function with the thread's environment as first argument; others are in place. */
export function emitNodeApiCall(a: Assembler, name: string): void {
  movAddress(a, rdi, nodeEnvironment());
  movAddress(a, rax, symbol(name));
  a.r(X.call, rax);
}

/** Emits a call of the JavaScript function behind a reference, by way of the 8 bytes of stack at `slot`. */
export function emitCallReference(a: Assembler, reference: Address, slot: number): void {
  movAddress(a, rsi, reference);
  a.rm(X.lea64, rdx, rsp, slot);
  emitNodeApiCall(a, 'napi_get_reference_value');
  a.rm(X.mov64, rsi, rsp, slot);
  a.rr(X.mov64, rdx, rsi);
  a.rr(X.xor32, rcx, rcx);
  a.rr(X.xor32, r8, r8);
  a.rr(X.xor32, r9, r9);
  emitNodeApiCall(a, 'napi_call_function');
}

/** Memory through which the functions below hand addresses over. */
const scratch = lazy(() => {
  const address = allocate(pageSize);
  own(ResourceKind.mapping, address, pageSize);
  return { address, words: new BigUint64Array(view(address, 16)) };
});

/**
 * How a function gets from machine code to JavaScript: for a moment it is a property of an object that both know. This
 * module may have been loaded into a vm context with a `globalThis` of its own, but Buffer's prototype is always the
 * `Uint8Array` of the main one.
 */
const carrier = {
  object: Object.getPrototypeOf(Buffer) as object,
  name: 'Uint8Array',
  property: 'upshift native function',
} as const;

/** Bytes between the FFI's frame and ours. */
const distance = 256;

/**
 * void install(): creates a function whose callback's address is in the scratch memory, and puts it on the carrier.
 *
 * The FFI calls it on a stack of its own, where V8 must not collect garbage (newer ones end the process then). But rbp points
 * to the frame that called the FFI's code, on the thread's stack, below which there is room.
 */
const install = lazy(() => {
  const a = new Assembler();
  const object = a.newLabel();
  const property = a.newLabel();
  a.r(X.push, rbx);
  a.rr(X.mov64, rbx, rsp);
  a.rm(X.lea64, rsp, rbp, -distance);
  a.ri(X.and64, rsp, -16);
  // [rsp + 16]: the FFI's stack pointer
  a.ri(X.sub64, rsp, 32);
  a.mr(X.mov64, rsp, 16, rbx);
  movAddress(a, rbx, scratch().address);
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
  for (const [label, text] of [
    [object, carrier.name],
    [property, carrier.property],
  ] as const) {
    a.bind(label);
    a.append(new TextEncoder().encode(`${text}\0`));
  }
  return callable(placeForThread(a));
});

function placeForThread(a: Assembler): Address {
  const { address, byteLength } = placeCodePage(a.finish());
  own(ResourceKind.mapping, address, byteLength);
  return address;
}

let made = false;

/** Whether the thread has native functions, and so machine code in executable pages. */
export function hasNativeFunctions(): boolean {
  return made;
}

/**
 * A JavaScript function whose body is machine code: `napi_value (napi_env, napi_callback_info)`, where 0 is undefined.
 */
export function nativeFunction(emit: (a: Assembler) => void): (...args: unknown[]) => void {
  const a = new Assembler();
  emit(a);
  scratch().words[0] = BigInt(placeForThread(a));
  install()();
  const native: unknown = Reflect.get(carrier.object, carrier.property);
  if (typeof native !== 'function') throw new Error('cannot make a native function: Uint8Array is frozen');
  Reflect.deleteProperty(carrier.object, carrier.property);
  made = true;
  return native as (...args: unknown[]) => void;
}

/**
 * A native function of one argument that makes one Node-API call, with that argument (a `napi_value`) as its second
 * one: `emitRest` puts the others in place.
 */
export function nativeCall(name: string, emitRest?: (a: Assembler) => void): (argument: unknown) => void {
  return nativeFunction((a) => {
    a.ri(X.sub64, rsp, 24);
    a.mi(X.mov64, rsp, 8, 1);
    a.rm(X.lea64, rdx, rsp, 8);
    a.rm(X.lea64, rcx, rsp, 0);
    a.rr(X.xor32, r8, r8);
    a.rr(X.xor32, r9, r9);
    emitNodeApiCall(a, 'napi_get_cb_info');
    a.rm(X.mov64, rsi, rsp, 0);
    emitRest?.(a);
    emitNodeApiCall(a, name);
    a.rr(X.xor32, rax, rax);
    a.ri(X.add64, rsp, 24);
    a.op(X.ret);
  });
}

const createReference = lazy(() =>
  nativeCall('napi_create_reference', (a) => {
    a.movImm(rdx, 1, 0);
    movAddress(a, rcx, scratch().address + 8);
  }),
);
const deleteReference = func('napi_delete_reference', 'int', ['address', 'address']);

/** A reference to a JavaScript object that machine code can keep: a `napi_ref`. It keeps the object alive. */
export function newReference(object: object): Address {
  createReference()(object);
  return Number(scratch().words[1]);
}

/** Gives up a reference. */
export function freeReference(reference: Address): void {
  deleteReference(nodeEnvironment(), reference);
}
