import { Trap } from '../../../code/traps.js';
import { execEnv } from '../../../layout/exec-env.js';
import { nativeExecEnv } from '../../../layout/native-function.js';
import { slotSize, slotsOf } from '../../../layout/widths.js';
import { type FuncType, ValType } from '../../../wasm/types.js';
import { callShape, Gpr, integerArguments, isFloat } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { alignFrame, frame } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { callbackHeader, emitCallback, emitFrameForEntries, emitLeaveFrame } from './callback.js';
import { movAddress } from './stub-code.js';

const { rax, rbp, rsp, rdi, r10, r11 } = Gpr;

/** How C functions of one type are called. */
export interface NativeCall {
  /** Whether the function's first argument is its `upshift_exec_env`. */
  readonly passesExecEnv: boolean;
  /** Whether it is called on the wasm stack, with `littleStack` bytes at least, and calls nothing of ours. */
  readonly needsLittleStack: boolean;
}

/**
 * What the stubs of a thread refer to: its ExecEnv, the limit of its wasm stack, and its word of
 * `interrupts.ts`.
 */
export interface NativeStubPlaces {
  readonly env: Address;
  readonly stackLimit: Address;
  readonly interrupt: Address;
}

/** Bytes of stack that are left to a C function that needs little. */
export const littleStack = 2 ** 14;

/**
 * Calls C functions of one type from wasm code, by the wasm convention with the address of a `nativeExecEnv`
 * in place of the instance. That convention is C's but for the first argument: where the function does not
 * take the `nativeExecEnv`, all integers move up by one place.
 *
 * After the thread's deadline wasm code does not go on when the function has returned. An exception that
 * ended what the function called goes on in the caller then, as one of a host function does.
 *
 * The function runs on the host's stack, below what the innermost entry left there, as JavaScript callbacks
 * do.
 */
export function emitNativeStub(
  a: Assembler,
  { env, stackLimit, interrupt }: NativeStubPlaces,
  type: FuncType,
  { passesExecEnv, needsLittleStack }: NativeCall,
): void {
  const { offsets } = execEnv;
  const failed = a.newLabel();
  const interrupted = a.newLabel();
  const places = passedPlaces(type, passesExecEnv);
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  const area = alignFrame(slotSize * places.stack.length);
  if (needsLittleStack) {
    movAddress(a, r10, stackLimit + littleStack + area);
    a.rr(X.cmp64, rsp, r10);
    a.jcc(Condition.b, failed);
    if (area) a.ri(X.sub64, rsp, area);
    movAddress(a, r11, env);
    a.mi(X.mov32, r11, offsets.onWasmStack, 1);
  } else {
    a.ri(X.sub64, rsp, callbackHeader);
    movAddress(a, r11, env);
    emitFrameForEntries(a);
    a.rm(X.mov64, rsp, r11, offsets.hostSp);
    // A multiple of 16 where C code is called; `hostSp` is 8 bytes off.
    a.ri(X.sub64, rsp, 8 + area);
  }
  a.rm(X.mov64, r10, rdi, nativeExecEnv.offsets.code);
  for (const [slot, incoming] of places.stack.entries()) {
    if (incoming === unusedSlot) continue;
    a.rm(X.mov64, rax, rbp, frame.stackArguments + slotSize * incoming);
    a.mr(X.mov64, rsp, slotSize * slot, rax);
  }
  for (const { to, from } of places.moves) {
    if (from.kind === 'gpr') a.rr(X.mov64, to, from.register);
    else a.rm(X.mov64, to, rbp, frame.stackArguments + slotSize * from.slot);
  }
  // For functions with "…": an upper bound of the vector registers that hold arguments.
  if (type.params.some(isFloat)) a.movImm(rax, 8, 0);
  a.r(X.call, r10);
  movAddress(a, r11, env);
  if (needsLittleStack) {
    a.mi(X.mov32, r11, offsets.onWasmStack, 0);
  } else {
    a.rm(X.mov64, rsp, r11, offsets.wasmSp);
    emitLeaveFrame(a);
    if (passesExecEnv) {
      a.mi(X.cmp32, r11, offsets.nativeStatus, Trap.none);
      a.jcc(Condition.ne, failed);
    }
  }
  movAddress(a, r10, interrupt);
  a.mi(X.cmp32, r10, 0, Trap.none);
  a.jcc(Condition.ne, interrupted);
  // C leaves the upper half undefined.
  if (type.results[0] === ValType.i32) a.rr(X.mov32, rax, rax);
  a.op(X.leave);
  a.op(X.ret);

  a.bind(interrupted);
  a.mi(X.mov32, r11, offsets.callbackStatus, Trap.interrupted);
  a.m(X.jmp, r11, offsets.callbackFailed);
  a.bind(failed);
  movAddress(a, r11, env);
  if (needsLittleStack) {
    a.mi(X.mov32, r11, offsets.callbackStatus, Trap.callStackExhausted);
  } else {
    const noException = a.newLabel();
    a.rm(X.mov32, rax, r11, offsets.nativeStatus);
    a.mi(X.mov32, r11, offsets.nativeStatus, Trap.none);
    a.ri(X.cmp32, rax, Trap.hostException);
    a.jcc(Condition.ne, noException);
    // Does not come back: the status is that of a trap, or says where code goes on.
    emitCallback(a, env, offsets.nativeEnded);
    a.bind(noException);
    a.mr(X.mov32, r11, offsets.callbackStatus, rax);
  }
  a.m(X.jmp, r11, offsets.callbackFailed);
}

/**
 * Where an integer argument comes from, by the wasm convention: slots are counted from the first on the
 * stack.
 */
type Source =
  | { readonly kind: 'gpr'; readonly register: number }
  | { readonly kind: 'stack'; readonly slot: number };

/** How arguments get from where the wasm convention has them to where C wants them. */
interface PassedPlaces {
  /** Moves of registers, in an order in which none destroys what a later one needs. */
  readonly moves: readonly { readonly to: number; readonly from: Source }[];
  /** For each slot of C's: the wasm slot whose content it gets, or `unusedSlot`. */
  readonly stack: readonly number[];
}

/** What is left out before a vector, which lies at a multiple of 16 bytes. */
const unusedSlot = -1;

function passedPlaces(type: FuncType, passesExecEnv: boolean): PassedPlaces {
  const { params } = callShape(type);
  const free = passesExecEnv ? [] : [rdi, ...integerArguments];
  const moves: { to: number; from: Source }[] = [];
  const stack: number[] = [];
  for (const [k, place] of params.entries()) {
    if (place.kind === 'xmm') continue;
    const to = isFloat(type.params[k]) ? undefined : free.shift();
    if (to !== undefined) {
      moves.push({ to, from: place });
    } else if (place.kind === 'stack') {
      const slots = slotsOf(type.params[k]);
      if (slots === 2 && stack.length % 2 === 1) stack.push(unusedSlot);
      for (let part = 0; part < slots; part++) stack.push(place.slot + part);
    }
  }
  return { moves, stack };
}
