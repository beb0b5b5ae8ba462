import { callShape, Gpr, instanceArgument } from '../../code/abi.js';
import { Trap } from '../../code/traps.js';
import { functionRecord } from '../../layout/structs.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import type { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import { recordOffset } from '../dispatch.js';
import { execEnv, slotsOffset } from '../exec-env-layout.js';
import type { Address } from '../ffi.js';
import { emitPopHostFrame, emitPushHostFrame } from './host-frame.js';
import { movAddress, moveOf, resultRegister, roundFrame } from './stub-code.js';

const { rax, rbx, rsp, rbp, r10, r11 } = Gpr;

/**
 * The body of `dispatch`: calls the record that its cell names, on the wasm stack, with arguments from the slots of the
 * ExecEnv; the results go to the slots from the first one on, `status` becomes 0.
 *
 * On the host's stack lies what `host-frame.ts` describes. On the wasm stack the entry makes a frame that ends the rbp
 * chain:
 *
 *     [rbp + 16]  frame pointer of the host stub that this entry is nested in, 0 where there is none
 *     [rbp + 8]   unused
 *     [rbp]       0
 */
export function emitEntryStub(a: Assembler, env: Address, type: FuncType): void {
  const { offsets } = execEnv;
  const shape = callShape(type);
  emitPushHostFrame(a, (register) => movAddress(a, register, env));
  a.rm(X.cvttsd2si64, rax, r11, recordOffset);
  a.rm(X.mov64, rsp, rbx, offsets.wasmSp);
  a.i(X.push, 0);
  a.i(X.push, 0);
  a.rr(X.mov64, rbp, rsp);

  const slot = (index: number): number => slotsOffset + 8 * index;
  const area = 8 * shape.stackSlots;
  const moreResults = Math.max(0, type.results.length - 1);
  const frame = roundFrame(area + 8 * moreResults);
  if (frame) a.ri(X.sub64, rsp, frame);
  type.params.forEach((param, index) => {
    const place = shape.params[index];
    if (place.kind === 'stack') {
      a.rm(param === ValType.i32 || param === ValType.f32 ? X.mov32 : X.mov64, r10, rbx, slot(index));
      a.mr(X.mov64, rsp, 8 * place.slot, r10);
    } else {
      a.rm(moveOf(param), place.register, rbx, slot(index));
    }
  });
  if (shape.resultArea?.kind === 'gpr') {
    a.rm(X.lea64, shape.resultArea.register, rsp, area);
  } else if (shape.resultArea?.kind === 'stack') {
    a.rm(X.lea64, r10, rsp, area);
    a.mr(X.mov64, rsp, 8 * shape.resultArea.slot, r10);
  }
  a.rm(X.mov64, instanceArgument, rax, functionRecord.offsets.instance);
  a.m(X.call, rax, functionRecord.offsets.code);

  if (type.results.length) {
    a.mr(moveOf(type.results[0]), rbx, slot(0), resultRegister(type.results[0]));
  }
  for (let index = 0; index < moreResults; index++) {
    a.rm(X.mov64, r10, rsp, area + 8 * index);
    a.mr(X.mov64, rbx, slot(index + 1), r10);
  }
  a.mi(X.mov32, rbx, offsets.status, Trap.none);
  a.mi(X.mov32, rbx, offsets.callbackStatus, Trap.hostException);
  emitPopHostFrame(a);
}
