import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { functionRecord } from '../../layout/structs.js';
import { ValType } from '../../wasm/types.js';
import { floatArgumentCount, Gpr, integerArguments } from '../../x64/abi.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { Address } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';
import type { ExecEnv } from './exec-env.js';
import { funcType, instanceHeader, newExecEnv, place, record } from './machine-code.fixture.js';

const { i32, i64, f64 } = ValType;
const { rax, rbx, rsp, rbp, rsi } = Gpr;

/** Code with a frame that calls a code address and returns what that returns. */
function caller(env: ExecEnv, target: Address): Address {
  return place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.movImm(rax, target | 0, Math.floor(target / 2 ** 32));
    a.r(X.call, rax);
    a.op(X.leave);
    a.op(X.ret);
  });
}

test('an exception of a host function comes out of enter as the same object', () => {
  const thrown = [new Error('x'), undefined, 17, Object.freeze({})];
  const env = newExecEnv({
    onHostCall: (id) => {
      throw thrown[id];
    },
  });
  const stub = env.entryStub(funcType([]));
  thrown.forEach((value, id) => {
    for (const code of [env.hostStub(funcType([]), id), caller(env, env.hostStub(funcType([]), id))]) {
      assert.equal(env.enter(stub, record(code)), Trap.hostException);
      assert.equal(env.takeException(), value);
      assert.equal(env.takeException(), undefined);
    }
  });
  env.dispose();
});

test('a host function can trap', () => {
  const env = newExecEnv({
    onHostCall: () => {
      throw new TrapSignal(Trap.tableOutOfBounds);
    },
  });
  const code = caller(env, env.hostStub(funcType([]), 0));
  assert.equal(env.enter(env.entryStub(funcType([])), record(code)), Trap.tableOutOfBounds);
  assert.equal(env.takeException(), undefined);
  env.dispose();
});

test('a host function sees the instance that its caller passed', () => {
  let seen = 0;
  const env = newExecEnv({
    onHostCall: () => {
      seen = env.hostInstance;
    },
  });
  env.enter(env.entryStub(funcType([])), record(env.hostStub(funcType([]), 0), 0x1234_5678_9ab0));
  assert.equal(seen, 0x1234_5678_9ab0);
  env.dispose();
});

test('host calls and entries nest fifty deep, with results and with an exception from the innermost', () => {
  const boom = new Error('innermost');
  const env = newExecEnv({
    onHostCall: (_id, slot) => {
      const depth = env.stackI32[2 * slot];
      const throws = env.stackI32[2 * (slot + 1)];
      const kept = env.stackF64[slot + 2];
      if (depth === 0) {
        if (throws) throw boom;
        env.stackF64[slot] = 0.5;
        return;
      }
      env.i32[0] = depth - 1;
      env.i32[2] = throws;
      env.f64[2] = kept + 1;
      const status = env.enter(stub, code);
      if (status === Trap.hostException) throw env.takeException();
      assert.equal(status, Trap.none);
      const inner = env.f64[0];
      // The arguments of this call lie in its own frame, whatever ran in between.
      assert.equal(env.stackI32[2 * slot], depth);
      assert.equal(env.stackF64[slot + 2], kept);
      env.stackF64[slot] = inner + kept;
    },
  });
  const type = funcType([i32, i32, f64], [f64]);
  const stub = env.entryStub(type);
  const code = record(caller(env, env.hostStub(type, 0)));
  const run = (throws: number): number => {
    env.i32[0] = 50;
    env.i32[2] = throws;
    env.f64[2] = 1;
    return env.enter(stub, code);
  };
  for (let count = 0; count < 100; count++) {
    assert.equal(run(0), Trap.none);
    assert.equal(env.f64[0], 0.5 + (50 * 51) / 2);
    assert.equal(run(1), Trap.hostException);
    assert.equal(env.takeException(), boom);
  }
  env.dispose();
});

test('a trap in a nested entry leaves the outer one intact', () => {
  let inner: number = Trap.none;
  const env = newExecEnv({
    onHostCall: (_id, slot) => {
      for (let count = 0; count < 3; count++) inner = env.enter(stub0, ud2);
      env.stackI64[slot] = 42n;
    },
  });
  const stub0 = env.entryStub(funcType([]));
  const ud2 = record(place(env, (a) => a.op(X.ud2)));
  const type = funcType([], [i64]);
  assert.equal(env.enter(env.entryStub(type), record(caller(env, env.hostStub(type, 0)))), Trap.none);
  assert.equal(env.i64[0], 42n);
  assert.notEqual(inner, Trap.none);
  env.dispose();
});

for (const stackSize of [2 ** 16, 2 ** 22]) {
  test(`endless recursion through host functions ends, on a wasm stack of ${stackSize} bytes`, () => {
    let depth = 0;
    const env = newExecEnv(
      {
        onHostCall: () => {
          depth++;
          const status = env.enter(stub, code);
          if (status === Trap.hostException) throw env.takeException();
          if (status !== Trap.none) throw new TrapSignal(status as Trap);
        },
      },
      stackSize,
    );
    const stub = env.entryStub(funcType([]));
    const code = record(caller(env, env.hostStub(funcType([]), 0)));
    for (let count = 0; count < 20; count++) {
      depth = 0;
      let status: number = Trap.hostException;
      let error: unknown;
      try {
        status = env.enter(stub, code);
        error = env.takeException();
      } catch (caught) {
        error = caught;
      }
      assert.ok(depth > 50, `${depth} levels`);
      if (status === Trap.hostException) assert.ok(error instanceof RangeError);
      else assert.equal(status, Trap.callStackExhausted);
    }
    // The environment is as good as new.
    const fine = record(place(env, (a) => a.op(X.ret)));
    assert.equal(env.enter(stub, fine), Trap.none);
    env.dispose();
  });
}

/** Code that calls a code address (count: i32) times. */
function repeat(env: ExecEnv, target: Address): Address {
  return place(env, (a) => {
    const loop = a.newLabel();
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.r(X.push, rbx);
    a.ri(X.sub64, rsp, 8);
    a.rr(X.mov32, rbx, rsi);
    a.bind(loop);
    a.movImm(rax, target | 0, Math.floor(target / 2 ** 32));
    a.r(X.call, rax);
    a.ri(X.sub32, rbx, 1);
    a.jcc(Condition.ne, loop);
    a.ri(X.add64, rsp, 8);
    a.r(X.pop, rbx);
    a.op(X.leave);
    a.op(X.ret);
  });
}

test('millions of host calls in one entry do not take memory', () => {
  let calls = 0;
  const env = newExecEnv({
    onHostCall: (id) => {
      calls++;
      if (id === 1) env.enter(none, fine);
    },
  });
  const none = env.entryStub(funcType([]));
  const fine = record(place(env, (a) => a.op(X.ret)));
  const stub = env.entryStub(funcType([i32]));
  const run = (id: number, count: number): void => {
    env.i32[0] = count;
    assert.equal(env.enter(stub, record(repeat(env, env.hostStub(funcType([]), id)))), Trap.none);
  };
  for (const id of [0, 1]) {
    run(id, 100_000);
    const before = process.memoryUsage.rss();
    calls = 0;
    run(id, 2_000_000);
    assert.equal(calls, 2_000_000);
    const grown = process.memoryUsage.rss() - before;
    // One handle that is kept a call would be 16 MiB.
    assert.ok(grown < 8 * 2 ** 20, `${(grown / 2 ** 20).toFixed(1)} MiB more`);
  }
  env.dispose();
});

test('a trap after many host calls leaves the host in order', () => {
  let calls = 0;
  const env = newExecEnv({
    onHostCall: () => {
      if (++calls % 1000 === 0) throw new TrapSignal(Trap.unreachable);
    },
  });
  const stub = env.entryStub(funcType([i32]));
  const code = record(repeat(env, env.hostStub(funcType([]), 0)));
  for (let count = 0; count < 500; count++) {
    env.i32[0] = 5000;
    assert.equal(env.enter(stub, code), Trap.unreachable);
  }
  assert.equal(calls, 500_000);
  env.dispose();
});

test('a lazy thunk keeps all arguments and jumps to what the handler returns', () => {
  const integers = Array<ValType>(integerArguments.length + 3).fill(i64);
  const floats = Array<ValType>(floatArgumentCount + 2).fill(f64);
  const type = funcType([...integers, ...floats], [i64, f64]);
  const compiled: [number, number][] = [];
  let seen: number[] = [];
  let seenInstance = 0;
  const env = newExecEnv({
    onLazyCompile: (e, functionIndex) => {
      compiled.push([e, functionIndex]);
      // Entries in between, and whatever the handler does to registers, must not matter.
      assert.equal(env.enter(env.entryStub(funcType([f64])), fine), Trap.none);
      return env.hostStub(type, 9);
    },
    onHostCall: (_id, slot) => {
      seenInstance = env.hostInstance;
      seen = type.params.map((param, index) =>
        param === f64 ? env.stackF64[slot + index] : Number(env.stackI64[slot + index]),
      );
      env.stackI64[slot] = 7n;
      env.stackF64[slot + 1] = 7.5;
    },
  });
  const fine = record(place(env, (a) => a.op(X.ret)));
  const expected = type.params.map((param, index) => (param === f64 ? index + 0.25 : index + 1000));
  for (const index of [0, 1, 511, 512, 100_000]) {
    expected.forEach((value, slot) => {
      if (type.params[slot] === f64) env.f64[slot] = value;
      else env.i64[slot] = BigInt(value);
    });
    const e = index + 3;
    const instance = instanceHeader(e);
    assert.equal(env.enter(env.entryStub(type), record(env.lazyThunk(index), instance)), Trap.none);
    assert.deepEqual(seen, expected);
    assert.equal(seenInstance, instance);
    assert.deepEqual(compiled.pop(), [e, index]);
    assert.equal(env.i64[0], 7n);
    assert.equal(env.f64[1], 7.5);
  }
  assert.equal(env.lazyThunk(511), env.lazyThunk(511));
  env.dispose();
});

test('an exception while compiling comes out of enter', () => {
  const boom = new Error('compiler');
  const env = newExecEnv({
    onLazyCompile: () => {
      throw boom;
    },
  });
  const stub = env.entryStub(funcType([]));
  for (const code of [env.lazyThunk(3), caller(env, env.lazyThunk(3))]) {
    assert.equal(env.enter(stub, record(code)), Trap.hostException);
    assert.equal(env.takeException(), boom);
  }
  env.dispose();
});

test('a record whose code the handler replaces is compiled once', () => {
  let compilations = 0;
  const env = newExecEnv({
    onLazyCompile: () => {
      compilations++;
      const code = place(env, (a) => {
        a.movImm(rax, 5, 0);
        a.op(X.ret);
      });
      block.setAddress(functionRecord.offsets.code, code);
      return code;
    },
  });
  const block = new NativeBlock(functionRecord.size);
  block.setAddress(functionRecord.offsets.code, env.lazyThunk(0));
  block.setAddress(functionRecord.offsets.instance, instanceHeader());
  const stub = env.entryStub(funcType([], [i32]));
  for (let count = 0; count < 3; count++) {
    assert.equal(env.enter(stub, block.address), Trap.none);
    assert.equal(env.i32[0], 5);
  }
  assert.equal(compilations, 1);
  block.free();
  env.dispose();
});

test('an environment cannot be disposed while its code runs', () => {
  const env = newExecEnv({ onHostCall: () => env.dispose() });
  const code = record(env.hostStub(funcType([]), 0));
  assert.equal(env.enter(env.entryStub(funcType([])), code), Trap.hostException);
  assert.match(String(env.takeException()), /is running/);
  env.dispose();
});
