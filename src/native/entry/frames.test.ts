import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import { ValType } from '../../wasm/types.js';
import { Gpr } from '../../x64/abi.js';
import { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import type { Address } from '../ffi/ffi.js';
import type { ExecEnv } from './exec-env.js';
import { funcType, newExecEnv, record } from './machine-code.fixture.js';

const { i64 } = ValType;
const { rax, rsp, rbp } = Gpr;

/** A function with a frame that calls another one. */
interface Caller {
  readonly start: Address;
  /** Within the call instruction. */
  readonly callSite: Address;
}

function caller(env: ExecEnv, target: Address, pushes = 0): Caller {
  const a = new Assembler();
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  if (pushes) a.ri(X.sub64, rsp, 16 * pushes);
  a.movImm(rax, target | 0, Math.floor(target / 2 ** 32));
  a.r(X.call, rax);
  const returned = a.position;
  a.op(X.leave);
  a.op(X.ret);
  const start = env.codeRegion.place(a.finish());
  return { start, callSite: start + returned - 1 };
}

function place(env: ExecEnv, emit: (a: Assembler) => void): Address {
  const a = new Assembler();
  emit(a);
  return env.codeRegion.place(a.finish());
}

const notEntry = (): boolean => false;

test('the frames of a fault are its pc and the return addresses, innermost first', () => {
  const env = newExecEnv();
  const fault = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.op(X.ud2);
  });
  const inner = caller(env, fault, 3);
  const outer = caller(env, inner.start, 100);
  assert.equal(env.enter(env.entryStub(funcType([i64])), record(outer.start)), unknownTrap);
  assert.deepEqual([...env.frames(notEntry)], [fault + 4, inner.callSite, outer.callSite]);
  assert.deepEqual([...env.frames(notEntry, true)], [...env.frames(notEntry)]);
  assert.equal(env.enter(env.entryStub(funcType([i64])), record(fault)), unknownTrap);
  assert.deepEqual([...env.frames(notEntry)], [fault + 4]);
  env.dispose();
});

test('a fault at the first instruction of a function has no frame yet', () => {
  const env = newExecEnv();
  const fault = place(env, (a) => a.op(X.ud2));
  const inner = caller(env, fault);
  const outer = caller(env, inner.start);
  const stub = env.entryStub(funcType([]));
  assert.equal(env.enter(stub, record(outer.start)), unknownTrap);
  assert.deepEqual([...env.frames((pc) => pc === fault)], [fault, inner.callSite, outer.callSite]);
  assert.equal(env.enter(stub, record(fault)), unknownTrap);
  assert.deepEqual([...env.frames((pc) => pc === fault)], [fault]);
  env.dispose();
});

test('behind the first instruction of a function its frame is half made', () => {
  const env = newExecEnv();
  const code = place(env, (a) => {
    a.r(X.push, rbp);
    a.op(X.ud2);
  });
  const inner = caller(env, code);
  const outer = caller(env, inner.start);
  const stub = env.entryStub(funcType([]));
  assert.equal(env.enter(stub, record(outer.start)), unknownTrap);
  assert.deepEqual([...env.frames((pc) => pc === code)], [code + 1, inner.callSite, outer.callSite]);
  assert.equal(env.enter(stub, record(code)), unknownTrap);
  assert.deepEqual([...env.frames((pc) => pc === code)], [code + 1]);
  env.dispose();
});

test('a callback that fails belongs to its caller', () => {
  const env = newExecEnv({
    onHostCall: () => {
      throw new TrapSignal(Trap.unreachable);
    },
    onLazyCompile: () => {
      throw new TrapSignal(Trap.unreachable);
    },
  });
  const stub = env.entryStub(funcType([]));
  for (const target of [env.hostStub(funcType([]), 0), env.lazyThunk(7)]) {
    const inner = caller(env, target);
    const outer = caller(env, inner.start);
    assert.equal(env.enter(stub, record(outer.start)), Trap.unreachable);
    assert.deepEqual([...env.frames(notEntry)], [inner.callSite, outer.callSite]);
    assert.equal(env.enter(stub, record(target)), Trap.unreachable);
    assert.deepEqual([...env.frames(notEntry)], []);
  }
  env.dispose();
});

test('frames of a deep recursion are all there', () => {
  const env = newExecEnv();
  let returned = 0;
  const code = place(env, (a) => {
    const self = a.newLabel();
    a.bind(self);
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.callLabel(self);
    returned = a.position;
    a.op(X.leave);
    a.op(X.ret);
  });
  assert.equal(env.enter(env.entryStub(funcType([])), record(code)), Trap.callStackExhausted);
  const frames = [...env.frames((pc) => pc === code)];
  assert.ok(frames.length > 65_536);
  assert.ok(frames.slice(1).every((pc) => pc === code + returned - 1));
  env.dispose();
});

test('a stack that runs out in a stub shows the caller of the stub', () => {
  const env = newExecEnv({ onHostCall: () => {} });
  const many = env.hostStub(funcType(Array(60).fill(i64)), 0);
  const stub = env.entryStub(funcType([]));
  for (const above of [0, 16, 64, 256]) {
    const bottom = env.stackLimit - 2 ** 14 + above;
    const a = new Assembler();
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.movImm(rsp, bottom | 0, Math.floor(bottom / 2 ** 32));
    a.movImm(rax, many | 0, Math.floor(many / 2 ** 32));
    a.r(X.call, rax);
    const returned = a.position;
    const code = env.codeRegion.place(a.finish());
    assert.equal(env.enter(stub, record(code)), Trap.callStackExhausted);
    // With nothing left at all it is the call itself that faults.
    const [first] = env.frames(notEntry);
    assert.equal(first, code + (above === 0 ? returned - 2 : returned - 1));
  }
  env.dispose();
});

test('frames go on through nested entries where they are asked to', () => {
  const found: Address[][] = [];
  const env = newExecEnv({
    onHostCall: (id) => {
      if (id === 0) throw new TrapSignal(Trap.unreachable);
      const status = env.enter(stub, record(id === 1 ? innermost.start : env.hostStub(funcType([]), id - 1)));
      if (id === 1) found.push([...env.frames(notEntry)], [...env.frames(notEntry, true)]);
      if (status !== Trap.none) throw new TrapSignal(Trap.unreachable);
    },
  });
  const stub = env.entryStub(funcType([]));
  const innermost = caller(env, env.hostStub(funcType([]), 0));
  const middle = caller(env, env.hostStub(funcType([]), 3), 5);
  const outer = caller(env, middle.start);
  assert.equal(env.enter(stub, record(outer.start)), Trap.unreachable);
  assert.deepEqual(found, [[innermost.callSite], [innermost.callSite, middle.callSite, outer.callSite]]);
  env.dispose();
});
