import { Buffer } from 'node:buffer';
import { struct } from '../../layout/struct.js';
import { type Address, callable, func, nodeEnvironment, view } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { allocate, pageSize, placeCodePage } from '../process/pages.js';
import { own, ResourceKind } from '../process/thread-resources.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitCreateReference, emitForwardedCall, emitInstall } from '../x64/stubs/native-function.js';

/**
 * Node-API, which native add-ons use, called by our machine code: JavaScript functions whose body is machine
 * code, and calls from machine code to JavaScript. An FFI's general way takes longer, and runs on a separate
 * stack.
 */

/** Memory through which the functions below hand addresses over. */
const exchange = struct({ body: 'u64', reference: 'u64' });
const bodyIndex = exchange.offsets.body / 8;
const referenceIndex = exchange.offsets.reference / 8;

const scratch = lazy(() => {
  const address = allocate(pageSize);
  own(ResourceKind.mapping, address, pageSize);
  return { address, words: new BigUint64Array(view(address, exchange.size)) };
});

/**
 * How a function gets from machine code to JavaScript: for a moment it is a property of an object that both
 * know. This module may have been loaded into a vm context, which has another `globalThis`, but Buffer's
 * prototype is always the `Uint8Array` of the main one.
 */
const carrier = {
  object: Object.getPrototypeOf(Buffer) as object,
  name: 'Uint8Array',
  property: 'upshift native function',
} as const;

/** Makes a function whose body's address is in the scratch memory, and puts it on the carrier. */
const install = lazy(() => {
  const body = scratch().address + exchange.offsets.body;
  const place = { object: carrier.name, property: carrier.property };
  return callable(placeFunction(assemble((a) => emitInstall(a, body, place))));
});

/** Places machine code that lives as long as the thread. */
export function placeFunction(code: Uint8Array): Address {
  const { address, byteLength } = placeCodePage(code);
  own(ResourceKind.mapping, address, byteLength);
  return address;
}

let made = false;

/** Whether the thread has native functions, and so machine code in executable pages. */
export function hasNativeFunctions(): boolean {
  return made;
}

/**
 * A JavaScript function whose body is machine code: `napi_value (napi_env, napi_callback_info)`, where 0 is
 * undefined.
 */
export function nativeFunction(code: Uint8Array): (...args: unknown[]) => void {
  scratch().words[bodyIndex] = BigInt(placeFunction(code));
  install()();
  const native: unknown = Reflect.get(carrier.object, carrier.property);
  if (typeof native !== 'function') throw new Error('cannot make a native function: Uint8Array is frozen');
  Reflect.deleteProperty(carrier.object, carrier.property);
  made = true;
  return native as (...args: unknown[]) => void;
}

/**
 * A function of one argument, a JavaScript value, that makes the Node-API call of that name with it and
 * nothing else.
 */
export function nodeApiFunction(name: string): (argument: unknown) => void {
  return nativeFunction(assemble((a) => emitForwardedCall(a, name)));
}

const createReference = lazy((): ((object: object) => void) => {
  const result = scratch().address + exchange.offsets.reference;
  return nativeFunction(assemble((a) => emitCreateReference(a, result)));
});
const deleteReference = func('napi_delete_reference', 'int', ['address', 'address']);

/** A reference to a JavaScript object that machine code can keep: a `napi_ref`. It keeps the object alive. */
export function newReference(object: object): Address {
  createReference()(object);
  return Number(scratch().words[referenceIndex]);
}

/** Gives up a reference. */
export function freeReference(reference: Address): void {
  deleteReference(nodeEnvironment(), reference);
}
