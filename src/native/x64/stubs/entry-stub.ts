import { Trap } from '../../../code/traps.js';
import { dispatchCell, execEnv, slotsOffset } from '../../../layout/exec-env.js';
import { functionRecord } from '../../../layout/structs.js';
import { layoutSlots, sizeOf, slotSize, slotsOf } from '../../../layout/widths.js';
import type { FuncType } from '../../../wasm/types.js';
import { callShape, Gpr, instanceArgument } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { alignFrame } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitPopHostFrame, emitPushHostFrame } from './host-frame.js';
import { movAddress, moveOf, resultRegister } from './stub-code.js';

const { rax, rbx, rsp, rbp, r10, r11 } = Gpr;

/**
 * The body of `dispatch`: calls the record that its cell names, on the wasm stack, with arguments from the
 * slots of the ExecEnv; the results go to the slots from the first one on, `status` becomes 0.
 *
 * On the host's stack lies what `host-frame.ts` describes. On the wasm stack the entry makes a frame that
 * ends the rbp chain:
 *
 *     [rbp + 16]  frame pointer of the host stub that this entry is nested in, 0 where there is none
 *     [rbp + 8]   unused
 *     [rbp]       0
 */
export function emitEntryStub(a: Assembler, env: Address, type: FuncType): void {
  const { offsets } = execEnv;
  const shape = callShape(type);
  emitPushHostFrame(a, (register) => movAddress(a, register, env));
  a.rm(X.cvttsd2si64, rax, r11, dispatchCell.offsets.record);
  a.rm(X.mov64, rsp, rbx, offsets.wasmSp);
  a.i(X.push, 0);
  a.i(X.push, 0);
  a.rr(X.mov64, rbp, rsp);

  const params = layoutSlots(type.params).offsets;
  // The first result comes in a register, the others in an area.
  const more = layoutSlots(type.results.slice(1));
  const firstResult = type.results.length === 0 ? 0 : slotsOf(type.results[0]);
  const area = slotSize * shape.stackSlots;
  const frame = alignFrame(area + slotSize * more.slots);
  if (frame) a.ri(X.sub64, rsp, frame);
  type.params.forEach((param, index) => {
    const place = shape.params[index];
    if (place.kind === 'stack') {
      for (let k = 0; k < slotsOf(param); k++) {
        const move = sizeOf(param) < slotSize ? X.mov32 : X.mov64;
        a.rm(move, r10, rbx, slotsOffset + params[index] + slotSize * k);
        a.mr(X.mov64, rsp, slotSize * (place.slot + k), r10);
      }
    } else {
      a.rm(moveOf(param), place.register, rbx, slotsOffset + params[index]);
    }
  });
  if (shape.resultArea?.kind === 'gpr') {
    a.rm(X.lea64, shape.resultArea.register, rsp, area);
  } else if (shape.resultArea?.kind === 'stack') {
    a.rm(X.lea64, r10, rsp, area);
    a.mr(X.mov64, rsp, slotSize * shape.resultArea.slot, r10);
  }
  a.rm(X.mov64, instanceArgument, rax, functionRecord.offsets.instance);
  a.m(X.call, rax, functionRecord.offsets.code);

  if (type.results.length) {
    a.mr(moveOf(type.results[0]), rbx, slotsOffset, resultRegister(type.results[0]));
  }
  for (let k = 0; k < more.slots; k++) {
    a.rm(X.mov64, r10, rsp, area + slotSize * k);
    a.mr(X.mov64, rbx, slotsOffset + slotSize * (firstResult + k), r10);
  }
  a.mi(X.mov32, rbx, offsets.status, Trap.none);
  a.mi(X.mov32, rbx, offsets.callbackStatus, Trap.hostException);
  emitPopHostFrame(a);
}
