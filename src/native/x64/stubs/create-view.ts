import { struct } from '../../../layout/struct.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitNodeApiCall } from './node-api-call.js';
import { movAddress } from './stub-code.js';

const { rax, rcx, rdx, rsp, rsi, r8, r9 } = Gpr;

/** What a view is to show: as f64, which hold both exactly. */
export const wantedView = struct({ address: 'f64', byteLength: 'f64' });

/**
 * The body of a function that returns an ArrayBuffer of the memory that `wanted` names; undefined where it
 * cannot be made.
 */
export function emitCreateView(a: Assembler, wanted: Address): void {
  a.ri(X.sub64, rsp, 24);
  a.mi(X.mov64, rsp, 8, 0);
  movAddress(a, rax, wanted);
  a.rm(X.cvttsd2si64, rsi, rax, wantedView.offsets.address);
  a.rm(X.cvttsd2si64, rdx, rax, wantedView.offsets.byteLength);
  a.rr(X.xor32, rcx, rcx);
  a.rr(X.xor32, r8, r8);
  a.rm(X.lea64, r9, rsp, 8);
  emitNodeApiCall(a, 'napi_create_external_arraybuffer');
  a.rm(X.mov64, rax, rsp, 8);
  a.ri(X.add64, rsp, 24);
  a.op(X.ret);
}
