import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitCallReference, emitNodeApiCall } from './node-api-call.js';

const { rax, rbx, rsp, rsi, rdx } = Gpr;

/**
 * napi_object: the napi_valuetype of what is thrown where JavaScript's stack is exhausted. Termination is no
 * value.
 */
const typeObject = 6;

/**
 * bool checkpoint(void): calls JavaScript by a reference. Returns whether V8 terminates what runs, or Node
 * lets no more JavaScript run. An exception means that JavaScript's stack is exhausted: then this was no
 * checkpoint.
 */
export function emitCheckpoint(a: Assembler, reference: Address): void {
  const called = a.newLabel();
  const pending = a.newLabel();
  // [rsp]: the handle scope; [rsp + 8]: a value, or its type
  a.r(X.push, rbx);
  a.ri(X.sub64, rsp, 16);
  // An exception on its way out of a callback must not get lost here.
  a.mi(X.mov64, rsp, 8, 0);
  a.rm(X.lea64, rsi, rsp, 8);
  emitNodeApiCall(a, 'napi_is_exception_pending');
  a.rr(X.xor32, rbx, rbx);
  a.mi(X.cmp32, rsp, 8, 0);
  a.jcc(Condition.ne, pending);
  a.rm(X.lea64, rsi, rsp, 0);
  emitNodeApiCall(a, 'napi_open_handle_scope');
  emitCallReference(a, reference, 8);
  a.rr(X.mov32, rbx, rax);
  a.rr(X.test32, rbx, rbx);
  a.jcc(Condition.e, called);
  a.rm(X.lea64, rsi, rsp, 8);
  emitNodeApiCall(a, 'napi_get_and_clear_last_exception');
  a.rm(X.mov64, rsi, rsp, 8);
  a.rm(X.lea64, rdx, rsp, 8);
  emitNodeApiCall(a, 'napi_typeof');
  a.rm(X.mov32, rbx, rsp, 8);
  a.ri(X.xor32, rbx, typeObject);
  a.bind(called);
  a.rm(X.mov64, rsi, rsp, 0);
  emitNodeApiCall(a, 'napi_close_handle_scope');
  a.bind(pending);
  a.rr(X.mov32, rax, rbx);
  a.ri(X.add64, rsp, 16);
  a.r(X.pop, rbx);
  a.op(X.ret);
}
