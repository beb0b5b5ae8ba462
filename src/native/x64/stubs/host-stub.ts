import { execEnv } from '../../../layout/exec-env.js';
import { layoutSlots, pointerSize, slotSize, slotsOf } from '../../../layout/widths.js';
import { type FuncType, ValType } from '../../../wasm/types.js';
import { callShape, Gpr, instanceArgument } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { alignFrame } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { callbackHeader, emitCallback } from './callback.js';
import { movAddress, moveOf, resultRegister } from './stub-code.js';

const { rax, rcx, rsp, rbp, r10, r11 } = Gpr;

/** Where the frame of a host stub has the address of the further results, from rbp. */
export const hostStubResultArea = -8;

/**
 * The part of host stubs that depends on the function type alone: called by the wasm convention with the
 * number of the host function in eax. The frame, from rsp up: header, slots for parameters and (from the
 * first one on again) results, then the address of the further results at `hostStubResultArea`.
 */
export function emitHostStub(a: Assembler, env: Address, stackLow: Address, type: FuncType): void {
  const { offsets } = execEnv;
  const shape = callShape(type);
  const params = layoutSlots(type.params);
  const results = layoutSlots(type.results);
  const slots = Math.max(params.slots, results.slots);
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.ri(X.sub64, rsp, alignFrame(callbackHeader + slotSize * slots + pointerSize));
  movAddress(a, r11, env);
  const incoming = (index: number): number => 16 + slotSize * index;
  type.params.forEach((param, index) => {
    const place = shape.params[index];
    const at = callbackHeader + params.offsets[index];
    if (place.kind === 'stack') {
      for (let k = 0; k < slotsOf(param); k++) {
        a.rm(X.mov64, r10, rbp, incoming(place.slot + k));
        a.mr(X.mov64, rsp, at + slotSize * k, r10);
      }
    } else {
      a.mr(param === ValType.i32 ? X.mov64 : moveOf(param), rsp, at, place.register);
    }
  });
  if (shape.resultArea?.kind === 'gpr') {
    a.mr(X.mov64, rbp, hostStubResultArea, shape.resultArea.register);
  } else if (shape.resultArea?.kind === 'stack') {
    a.rm(X.mov64, r10, rbp, incoming(shape.resultArea.slot));
    a.mr(X.mov64, rbp, hostStubResultArea, r10);
  }
  a.mr(X.mov32, r11, offsets.hostFunction, rax);
  a.mr(X.mov64, r11, offsets.hostInstance, instanceArgument);
  movAddress(a, r10, stackLow);
  a.rm(X.lea64, rax, rsp, callbackHeader);
  a.rr(X.sub64, rax, r10);
  a.ri(X.shr64, rax, 3);
  a.mr(X.mov32, r11, offsets.hostArguments, rax);
  emitCallback(a, env, offsets.hostCallback);

  if (type.results.length > 1) {
    a.rm(X.mov64, rcx, rbp, hostStubResultArea);
    // The first result comes in a register, the others in the area.
    const areaStart = results.offsets[1];
    for (let index = 1; index < type.results.length; index++) {
      const result = type.results[index];
      for (let k = 0; k < slotsOf(result); k++) {
        const at = results.offsets[index] + slotSize * k;
        a.rm(result === ValType.i32 ? X.mov32 : X.mov64, r10, rsp, callbackHeader + at);
        a.mr(X.mov64, rcx, at - areaStart, r10);
      }
    }
  }
  if (type.results.length) {
    a.rm(moveOf(type.results[0]), resultRegister(type.results[0]), rsp, callbackHeader);
  }
  a.op(X.leave);
  a.op(X.ret);
}

/** Bytes of `emitHostFunction`, at most. */
export const hostFunctionSize = 32;

/**
 * The part of a host stub that stands for one host function; `common` is what `emitHostStub` made for its
 * type.
 */
export function emitHostFunction(a: Assembler, id: number, common: Address): void {
  a.movImm(rax, id, 0);
  movAddress(a, r11, common);
  a.r(X.jmp, r11);
}
