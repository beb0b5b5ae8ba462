import { Gpr } from '../code/abi.js';
import { Assembler } from '../x64/assembler.js';
import { X } from '../x64/instructions.js';
import { type Address, callable, nodeEnvironment, symbol } from './ffi.js';
import { placeCodePage } from './pages.js';
import { movAddress } from './stubs/stub-code.js';
import { own, ResourceKind } from './thread-resources.js';

const { rax, rbx, rcx, rdx, rsp, rsi, rdi, r8, r9 } = Gpr;

let detachBuffer: ((buffer: ArrayBuffer) => void) | undefined;

/**
 * Detaches a buffer made by `view`: its length becomes 0, and nobody reaches the memory through it any more.
 *
 * JavaScript's own way, to transfer the buffer with `structuredClone`, takes 8 µs and leaves a new buffer behind, so
 * that V8 believes the memory to be in use until the garbage collector runs. Node-API has a function for it.
 */
export function detach(buffer: ArrayBuffer): void {
  if (!buffer.byteLength) return;
  detachBuffer ??= nodeApiDetach() ?? ((it) => structuredClone(it, { transfer: [it] }));
  detachBuffer(buffer);
}

/** Makes a JavaScript function of `napi_detach_arraybuffer`; undefined where that does not work. */
function nodeApiDetach(): ((buffer: ArrayBuffer) => void) | undefined {
  const property = `upshift.detach.${Math.random()}`;
  const a = new Assembler();
  const cString = a.newLabel();
  const native = a.newLabel();

  // void install(): globalThis[property] = the function
  a.ri(X.sub64, rsp, 24);
  movAddress(a, rdi, nodeEnvironment());
  a.rm(X.lea64, rsi, rsp, 0);
  emitCall(a, 'napi_get_global');
  movAddress(a, rdi, nodeEnvironment());
  a.rr(X.xor32, rsi, rsi);
  a.rr(X.xor32, rdx, rdx);
  a.rl(X.lea64, rcx, native);
  a.rr(X.xor32, r8, r8);
  a.rm(X.lea64, r9, rsp, 8);
  emitCall(a, 'napi_create_function');
  movAddress(a, rdi, nodeEnvironment());
  a.rm(X.mov64, rsi, rsp, 0);
  a.rl(X.lea64, rdx, cString);
  a.rm(X.mov64, rcx, rsp, 8);
  emitCall(a, 'napi_set_named_property');
  a.ri(X.add64, rsp, 24);
  a.op(X.ret);

  // napi_value native(napi_env, napi_callback_info): one argument at [rsp + 8]; undefined is returned
  a.align(16);
  a.bind(native);
  a.r(X.push, rbx);
  a.ri(X.sub64, rsp, 16);
  a.rr(X.mov64, rbx, rdi);
  a.mi(X.mov64, rsp, 0, 1);
  a.rm(X.lea64, rdx, rsp, 0);
  a.rm(X.lea64, rcx, rsp, 8);
  a.rr(X.xor32, r8, r8);
  a.rr(X.xor32, r9, r9);
  emitCall(a, 'napi_get_cb_info');
  a.rr(X.mov64, rdi, rbx);
  a.rm(X.mov64, rsi, rsp, 8);
  emitCall(a, 'napi_detach_arraybuffer');
  a.rr(X.xor32, rax, rax);
  a.ri(X.add64, rsp, 16);
  a.r(X.pop, rbx);
  a.op(X.ret);
  a.bind(cString);
  a.append(new TextEncoder().encode(`${property}\0`));

  const page = placeCodePage(a.finish());
  own(ResourceKind.mapping, page.address, page.byteLength);
  callable(page.address)();
  const made = Reflect.get(globalThis, property) as ((buffer: ArrayBuffer) => void) | undefined;
  Reflect.deleteProperty(globalThis, property);
  return made;
}

function emitCall(a: Assembler, name: string): void {
  const address: Address = symbol(name);
  movAddress(a, rax, address);
  a.r(X.call, rax);
}
