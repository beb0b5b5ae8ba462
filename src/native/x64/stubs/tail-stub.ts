import { execEnv, slotsOffset } from '../../../layout/exec-env.js';
import { functionRecord } from '../../../layout/structs.js';
import { layoutSlots, slotSize } from '../../../layout/widths.js';
import type { FuncType } from '../../../wasm/types.js';
import { callShape, Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { movAddress, moveOf } from './stub-code.js';

/*
 * Tail calls whose callee takes arguments on the stack. The caller's caller has made room there for as many
 * slots as the leaving function takes itself, and takes them back: a callee must not use more. Where it needs
 * more, a frame is put between the two, the bridge, which has that room:
 *
 *     rbp + 8      return address, in the caller's caller
 *     rbp          its rbp
 *     rbp - 8      how many slots there are
 *     rsp + 8k     stack argument k
 *     rsp - 8      what the callee returns to: code that leaves this frame and returns
 *
 * Functions that are called in each other's place share one bridge. It is replaced where it is too small, so
 * there is never more than one, and it never becomes smaller.
 */

const { rax, rdi, rsp, rbp, r10, r11 } = Gpr;

/** Bridges have a multiple of so many slots: few are made in vain, and the stack stays aligned. */
const bridgeUnit = 16;

/** Where a bridge keeps how many slots it has: displacement from its rbp. */
const bridgeCapacity = -slotSize;

/** Bytes of what callees of a bridge return to, at its code's end: `leave; ret`. */
export const bridgeReturnSize = 2;

/**
 * Calls the record `tailRecord`, whose `tailSlots` stack arguments lie in the first slots of the ExecEnv, in
 * place of a function that has been called with `tailRoom` of them. The jump here leaves that function: rsp
 * and rbp are its caller's again, and the registers have the callee's arguments, but for rdi.
 *
 * Itself it has no frame, so an interrupt here is one of the call that led to the leaving function.
 */
export function emitTailStub(a: Assembler, env: Address, makeBridge: Address): void {
  const { offsets } = execEnv;
  movAddress(a, r11, env);
  const copy = a.newLabel();
  const small = a.newLabel();
  a.rm(X.mov32, r10, r11, offsets.tailSlots);
  a.rm(X.cmp32, r10, r11, offsets.tailRoom);
  a.jcc(Condition.a, small);
  a.bind(copy);
  a.rmx(X.mov64, rax, r11, r10, 3, slotsOffset - slotSize);
  a.mrx(X.mov64, rsp, r10, 3, 0, rax);
  a.ri(X.sub32, r10, 1);
  a.jcc(Condition.ne, copy);
  emitJumpToRecord(a);

  const without = a.newLabel();
  a.bind(small);
  a.rm(X.mov64, rax, rsp, 0);
  a.rm(X.cmp64, rax, r11, offsets.bridgeReturn);
  a.jcc(Condition.ne, without);
  a.rm(X.cmp64, r10, rbp, bridgeCapacity);
  a.jcc(Condition.be, copy);
  a.op(X.leave);
  a.bind(without);
  movAddress(a, rax, makeBridge);
  a.r(X.jmp, rax);
}

/**
 * Makes a bridge for r10 slots, and goes back to the stub; r11 is the ExecEnv. Ends with what its callees
 * return to.
 */
export function emitBridge(a: Assembler): void {
  const { offsets } = execEnv;
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.rm(X.lea64, rax, r10, bridgeUnit - 1);
  a.ri(X.and32, rax, -bridgeUnit);
  a.r(X.push, rax);
  a.r(X.neg64, rax);
  // One slot more, so that the first argument lies at a multiple of 16.
  a.rmx(X.lea64, rsp, rsp, rax, 3, -slotSize);
  a.m(X.push, r11, offsets.bridgeReturn);
  a.m(X.jmp, r11, offsets.tailStub);
  a.op(X.leave);
  a.op(X.ret);
}

/** Calls the record `tailRecord` of the ExecEnv in r11, by a jump. */
function emitJumpToRecord(a: Assembler): void {
  a.rm(X.mov64, rax, r11, execEnv.offsets.tailRecord);
  a.rm(X.mov64, rdi, rax, functionRecord.offsets.instance);
  a.m(X.jmp, rax, functionRecord.offsets.code);
}

/**
 * Slots of the ExecEnv at which a tail entry wants what it passes on: those of the stack first, as
 * `emitTailStub` does, then those of registers. By parameter.
 */
export function tailEntrySlots(type: FuncType): readonly number[] {
  const { params, stackSlots } = callShape(type);
  const inRegisters = type.params.filter((_, k) => params[k].kind !== 'stack');
  const registers = layoutSlots(inRegisters).offsets.map((offset) => stackSlots + offset / slotSize);
  let next = 0;
  return params.map((place) => (place.kind === 'stack' ? place.slot : registers[next++]));
}

/**
 * Enters a function of a type that a callback wants to be called in place of the one that has called back:
 * what `tailTarget` is. The stub has been left; rax is the address of its caller's area for further results,
 * r11 the ExecEnv. `tailEntrySlots` says where the arguments are.
 */
export function emitTailEntry(a: Assembler, type: FuncType): void {
  const { params, resultArea, stackSlots } = callShape(type);
  for (const [k, slot] of tailEntrySlots(type).entries()) {
    const place = params[k];
    if (place.kind === 'stack') continue;
    a.rm(moveOf(type.params[k]), place.register, r11, slotsOffset + slotSize * slot);
  }
  if (resultArea?.kind === 'gpr') a.rr(X.mov64, resultArea.register, rax);
  else if (resultArea?.kind === 'stack') {
    a.mr(X.mov64, r11, slotsOffset + slotSize * resultArea.slot, rax);
  }
  if (stackSlots === 0) emitJumpToRecord(a);
  else a.m(X.jmp, r11, execEnv.offsets.tailStub);
}
