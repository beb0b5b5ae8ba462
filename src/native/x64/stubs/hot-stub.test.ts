import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrapSignal } from '../../../code/trap-signal.js';
import { Trap } from '../../../code/traps.js';
import { ValType } from '../../../wasm/types.js';
import { calleeSaved, Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { X } from '../../../x64/instructions.js';
import type { ExecEnv } from '../../entry/exec-env.js';
import { funcType, instanceHeader, newExecEnv, place, record } from '../../entry/machine-code.fixture.js';
import type { Address } from '../../ffi/ffi.js';
import { NativeBlock } from '../../memory/block.js';
import { movAddress } from './stub-code.js';

const { rax, rsp, rbp, rsi, rdi, r11 } = Gpr;

/** Every general register but rsp and rbp, which hold the frame, and r11. */
const general = Array.from({ length: 16 }, (_, register) => register).filter(
  (register) => register !== rsp && register !== rbp && register !== r11,
);
const xmms = Array.from({ length: 16 }, (_, register) => register);
const xmmBase = 8 * general.length;
const savedSize = xmmBase + 16 * xmms.length;

/** Calls the stub for a function of the instance in rdi. Returns where the call ends, in the code. */
function emitHotCall(a: Assembler, env: ExecEnv, functionIndex: number): number {
  a.r(X.push, rdi);
  a.i(X.push, functionIndex);
  movAddress(a, r11, env.hotStub);
  a.r(X.call, r11);
  return a.position;
}

/** A function with a frame, whose only call is what `emitCall` emits; it returns where that call ends. */
function framed(
  env: ExecEnv,
  emitCall: (a: Assembler) => number,
): { readonly start: Address; readonly callSite: Address } {
  let callEnd = 0;
  const start = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    callEnd = emitCall(a);
    a.op(X.leave);
    a.op(X.ret);
  });
  return { start, callSite: start + callEnd - 1 };
}

function emitCallTo(a: Assembler, target: Address): number {
  movAddress(a, rax, target);
  a.r(X.call, rax);
  return a.position;
}

test('every register but r11 is kept, in full, and the stack is as before', () => {
  const told: [number, number][] = [];
  const env = newExecEnv({
    onHot: (e, functionIndex) => {
      told.push([e, functionIndex]);
      // Whatever the handler does to registers must not matter.
      assert.equal(env.enter(env.entryStub(funcType([ValType.f64])), record(clear)), Trap.none);
      return 0;
    },
  });
  const clear = place(env, (a) => {
    for (const register of general) if (!calleeSaved.includes(register)) a.rr(X.xor32, register, register);
    for (const xmm of xmms) a.rr(X.xorps, xmm, xmm);
    a.op(X.ret);
  });
  const before = new NativeBlock(savedSize + 16);
  const after = new NativeBlock(savedSize + 16);
  const patterns = Uint32Array.from({ length: savedSize / 4 }, (_, k) => Math.imul(k + 1, 0x9e3779b1));
  before.u32.set(patterns);
  const instance = instanceHeader(77);
  // rdi is the instance at the call.
  const rdiAt = general.indexOf(rdi) * 2;
  before.u32[rdiAt] = instance;
  before.u32[rdiAt + 1] = instance / 2 ** 32;
  const code = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    for (const register of calleeSaved) a.r(X.push, register);
    a.ri(X.sub64, rsp, 8);
    movAddress(a, r11, before.address);
    for (const xmm of xmms) a.rm(X.movups, xmm, r11, xmmBase + 16 * xmm);
    general.forEach((register, k) => {
      a.rm(X.mov64, register, r11, 8 * k);
    });
    emitHotCall(a, env, 1234567);
    movAddress(a, r11, after.address);
    for (const xmm of xmms) a.mr(X.movups, r11, xmmBase + 16 * xmm, xmm);
    general.forEach((register, k) => {
      a.mr(X.mov64, r11, 8 * k, register);
    });
    a.mr(X.mov64, r11, savedSize, rsp);
    a.mr(X.mov64, r11, savedSize + 8, rbp);
    a.ri(X.add64, rsp, 8);
    for (const register of calleeSaved.toReversed()) a.r(X.pop, register);
    a.op(X.leave);
    a.op(X.ret);
  });
  assert.equal(env.enter(env.entryStub(funcType([])), record(code)), Trap.none);
  assert.deepEqual(told, [[77, 1234567]]);
  const words = savedSize / 4;
  assert.deepEqual([...after.u32.subarray(0, words)], [...before.u32.subarray(0, words)]);
  // rsp lies as far below rbp as it did before the arguments were pushed.
  assert.equal(after.u32[words + 2] - after.u32[words], 8 * calleeSaved.length + 8);
  before.free();
  after.free();
  env.dispose();
});

test('a handler that throws ends the entry, and the frames are those of the function that counted', () => {
  const boom = new Error('hot');
  const thrown: unknown[] = [boom, new TrapSignal(Trap.unreachable)];
  const env = newExecEnv({
    onHot: (e, functionIndex) => {
      assert.equal(e, 5);
      throw thrown[functionIndex];
    },
  });
  const stub = env.entryStub(funcType([]));
  for (const [functionIndex, status] of [Trap.hostException, Trap.unreachable].entries()) {
    const inner = framed(env, (a) => emitHotCall(a, env, functionIndex));
    const outer = framed(env, (a) => emitCallTo(a, inner.start));
    assert.equal(env.enter(stub, record(outer.start, instanceHeader(5))), status);
    assert.deepEqual([...env.frames(() => false)], [inner.callSite, outer.callSite]);
    assert.equal(env.takeException(), functionIndex === 0 ? boom : undefined);
  }
  env.dispose();
});

test('a stack that runs out in the stub is a trap of the function that counted', () => {
  let told = 0;
  const env = newExecEnv({
    onHot: () => {
      told++;
      return 0;
    },
  });
  const stub = env.entryStub(funcType([]));
  const lowest = env.stackLimit - 2 ** 14;
  const results = [16, 32, 64, 128, 256, 512, 1024].map((above) => {
    const bottom = lowest + above;
    const { start, callSite } = framed(env, (a) => {
      movAddress(a, rsp, bottom);
      return emitHotCall(a, env, 3);
    });
    const status = env.enter(stub, record(start));
    if (status !== Trap.none) {
      const [first] = env.frames(() => false);
      // Where there is room for the arguments alone, it is the call itself that faults.
      assert.equal(first, callSite - (above === 16 ? 2 : 0));
    }
    return status;
  });
  const exhausted = Trap.callStackExhausted;
  assert.deepEqual(results, [exhausted, exhausted, exhausted, exhausted, exhausted, Trap.none, Trap.none]);
  assert.equal(told, 2);
  env.dispose();
});

test('code that takes the place of the rest of a function returns to its caller, with the registers that it said', () => {
  let target = 0;
  let seen: readonly bigint[] = [];
  const env = newExecEnv({
    onHot: (_e, _functionIndex, frame) => {
      // Wasm that runs in between does not matter.
      assert.equal(env.enter(env.entryStub(funcType([])), record(nothing)), Trap.none);
      seen = [frame.register(rax), frame.register(16 + 7), frame.slot(-8), frame.slot(8)];
      env.i64[0] = 0x1234n;
      env.i64[5] = seen[1];
      // The function has saved one register in its frame; all others are as its caller had them.
      frame.restore(calleeSaved[1], -8);
      return target;
    },
  });
  const nothing = place(env, (a) => a.op(X.ret));
  const instance = instanceHeader(9);
  const after = new NativeBlock(8 * 16);
  // What takes the place: notes its arguments and where its stack is, and destroys all that it may.
  target = place(env, (a) => {
    movAddress(a, r11, after.address);
    a.mr(X.mov64, r11, 0, rdi);
    a.mr(X.mov64, r11, 8, rsp);
    a.mr(X.mov64, r11, 16, rbp);
    a.rm(X.mov64, rax, rsi, 0);
    a.rm(X.addsd, 0, rsi, 40);
    a.op(X.ret);
  });
  const hot = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.r(X.push, calleeSaved[1]);
    a.ri(X.sub64, rsp, 1000 - 8);
    a.ri(X.mov64, calleeSaved[1], 77);
    a.ri(X.mov64, rax, 5);
    a.rr(X.movaps, 7, 1);
    a.rr(X.xorps, 0, 0);
    emitHotCall(a, env, 3);
    a.op(X.ud2);
  });
  const caller = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    for (const register of calleeSaved) a.r(X.push, register);
    a.ri(X.sub64, rsp, 8);
    for (const [k, register] of calleeSaved.entries()) a.ri(X.mov64, register, 100 + k);
    movAddress(a, rax, hot);
    a.r(X.call, rax);
    movAddress(a, r11, after.address);
    a.mr(X.mov64, r11, 24, rax);
    a.mr(X.mov64, r11, 32, rsp);
    a.mr(X.mov64, r11, 40, rbp);
    a.mr(X.movsd, r11, 48, 0);
    for (const [k, register] of calleeSaved.entries()) a.mr(X.mov64, r11, 56 + 8 * k, register);
    a.ri(X.add64, rsp, 8);
    for (const register of calleeSaved.toReversed()) a.r(X.pop, register);
    a.op(X.leave);
    a.op(X.ret);
  });
  const stub = env.entryStub(funcType([ValType.f64, ValType.f64]));
  env.f64[1] = 2.5;
  // Again and again, from the same place: nothing is left behind.
  let first = 0n;
  for (let turn = 0; turn < 3; turn++) {
    env.f64[1] = 2.5;
    assert.equal(env.enter(stub, record(caller, instance)), Trap.none);
    const words = new BigInt64Array(after.u32.buffer, after.u32.byteOffset, 16);
    const [e, sp, fp, result, spBehind, fpBehind] = words;
    if (turn === 0) first = sp;
    assert.equal(e, BigInt(instance));
    // It begins where the function began: at its return address, a multiple of 16 above which the arguments
    // would lie.
    assert.equal(sp & 15n, 8n);
    assert.equal(sp, first);
    assert.deepEqual([sp + 8n, fp, fp], [spBehind, fpBehind, fpBehind]);
    assert.equal(result, 0x1234n);
    assert.equal(new Float64Array(after.u32.buffer, after.u32.byteOffset + 48, 1)[0], 2.5);
    assert.deepEqual(
      [...words.subarray(7, 7 + calleeSaved.length)],
      calleeSaved.map((_, k) => BigInt(100 + k)),
    );
    assert.equal(seen[0], 5n);
    assert.equal(new Float64Array(BigInt64Array.of(seen[1]).buffer)[0], 2.5);
    assert.equal(seen[2], 101n);
  }
  after.free();
  env.dispose();
});
