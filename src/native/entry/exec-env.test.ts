import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import { callShape, Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import type { ExecEnv } from './exec-env.js';
import { funcType, newExecEnv, place, record } from './machine-code.fixture.js';

const { i32, i64, f32, f64, externref } = ValType;
const { rax, rdx, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15 } = Gpr;

/** A value of a type that is recognisable: its bit pattern, by a number. */
function pattern(type: number, number: number): bigint {
  const bits = BigInt.asUintN(64, (BigInt(number) + 1n) * 0x9e37_79b9_7f4a_7c15n);
  return type === i32 || type === f32 ? bits & 0xffff_ffffn : bits;
}

function writeSlots(env: ExecEnv, types: readonly number[], first: number): void {
  types.forEach((type, index) => {
    // What lies above a 32-bit value must not matter.
    env.i64[index] = -1n;
    if (type === i32 || type === f32) env.u32[2 * index] = Number(pattern(type, first + index));
    else env.i64[index] = BigInt.asIntN(64, pattern(type, first + index));
  });
}

function readSlots(env: ExecEnv, types: readonly number[]): bigint[] {
  return types.map((type, index) =>
    type === i32 || type === f32 ? BigInt(env.u32[2 * index]) : BigInt.asUintN(64, env.i64[index]),
  );
}

test('integer arguments and a result pass', () => {
  const env = newExecEnv();
  const add = record(
    place(env, (a) => {
      a.rmx(X.lea64, rax, rsi, rdx, 0, 0);
      a.rr(X.mov32, rax, rax);
      a.op(X.ret);
    }),
  );
  const stub = env.entryStub(funcType([i32, i32], [i32]));
  env.i32[0] = 40;
  env.i32[2] = -42;
  assert.equal(env.enter(stub, add), Trap.none);
  assert.equal(env.i32[0], -2);
  env.dispose();
});

test('the callee gets the instance of its record', () => {
  const env = newExecEnv();
  const code = place(env, (a) => {
    a.rr(X.mov64, rax, rdi);
    a.op(X.ret);
  });
  assert.equal(env.enter(env.entryStub(funcType([], [i64])), record(code, 0x1234_5678_9abc)), Trap.none);
  assert.equal(env.i64[0], 0x1234_5678_9abcn);
  env.dispose();
});

test('every parameter arrives where the calling convention says', () => {
  const env = newExecEnv();
  const types: ValType[] = [
    i32,
    f64,
    i64,
    f32,
    externref,
    i32,
    i64,
    f32,
    f64,
    f64,
    f32,
    f32,
    i64,
    f64,
    f32,
    f64,
    i32,
  ];
  const type = funcType(types, [i64]);
  const stub = env.entryStub(type);
  callShape(type).params.forEach((argument, index) => {
    const code = place(env, (a) => {
      if (argument.kind === 'gpr') a.rr(X.mov64, rax, argument.register);
      else if (argument.kind === 'stack') a.rm(X.mov64, rax, rsp, 8 + 8 * argument.slot);
      else a.rr(types[index] === f32 ? X.movd_rx : X.movq_rx, rax, argument.register);
      a.op(X.ret);
    });
    writeSlots(env, types, 100);
    assert.equal(env.enter(stub, record(code)), Trap.none);
    const value = BigInt.asUintN(types[index] === f32 ? 32 : 64, env.i64[0]);
    assert.equal(value, pattern(types[index], 100 + index), `parameter ${index}`);
  });
  env.dispose();
});

test('further results come from the area whose address is the last argument', () => {
  const env = newExecEnv();
  const type = funcType([i32], [f32, i64, i32]);
  const code = place(env, (a) => {
    // (i32 in rsi, area in rdx): the argument as f32 bits, then a constant and the argument again
    a.rr(X.movd_xr, 0, rsi);
    a.movImm(rax, 0x5566_7788, 0x1122_3344);
    a.mr(X.mov64, rdx, 0, rax);
    a.mr(X.mov64, rdx, 8, rsi);
    a.op(X.ret);
  });
  env.u32[0] = 0xffc1_2345;
  assert.equal(env.enter(env.entryStub(type), record(code)), Trap.none);
  assert.equal(env.u32[0], 0xffc1_2345);
  assert.equal(env.i64[1], 0x1122_3344_5566_7788n);
  assert.equal(env.u32[4], 0xffc1_2345);
  env.dispose();
});

/** Enters a host function of a type: all arguments must reach the handler, and all results come back. */
function roundTrip(type: FuncType): void {
  let seen: bigint[] = [];
  const env = newExecEnv({
    onHostCall: (id, slot) => {
      assert.equal(id, 77);
      seen = type.params.map((param, index) => {
        const bits = env.stackI64[slot + index];
        return BigInt.asUintN(param === i32 || param === f32 ? 32 : 64, bits);
      });
      type.params.forEach((param, index) => {
        if (param === i32) assert.equal(env.stackU32[2 * (slot + index) + 1], 0, 'an i32 is zero-extended');
      });
      type.results.forEach((result, index) => {
        env.stackI64[slot + index] = -1n;
        const bits = pattern(result, 5000 + index);
        if (result === i32 || result === f32) env.stackU32[2 * (slot + index)] = Number(bits);
        else env.stackI64[slot + index] = BigInt.asIntN(64, bits);
      });
    },
  });
  writeSlots(env, type.params, 0);
  assert.equal(env.enter(env.entryStub(type), record(env.hostStub(type, 77))), Trap.none);
  assert.deepEqual(
    seen,
    type.params.map((param, index) => pattern(param, index)),
  );
  assert.deepEqual(
    readSlots(env, type.results),
    type.results.map((result, index) => pattern(result, 5000 + index)),
  );
  env.dispose();
}

test('arguments and results of all types pass through entry and host stubs', () => {
  const every = [i32, i64, f32, f64, externref];
  roundTrip(funcType([], []));
  for (const type of every) roundTrip(funcType([type], [type]));
  for (const first of every)
    for (const second of every) roundTrip(funcType([first, second], [second, first]));
  const mixed = Array.from({ length: 40 }, (_, index) => every[(index * index + index) % 5]);
  for (let count = 0; count < mixed.length; count += 3) {
    roundTrip(funcType(mixed.slice(0, count), mixed.slice(count / 2)));
  }
});

test('a thousand parameters and results pass', () => {
  const every = [i32, i64, f32, f64];
  const many = Array.from({ length: 1000 }, (_, index) => every[index % 4]);
  roundTrip(funcType(many, many));
  const env = newExecEnv();
  assert.throws(() => env.entryStub(funcType(Array(2000).fill(i32))), RangeError);
  env.dispose();
});

test('stubs are shared by types of the same shape', () => {
  const env = newExecEnv();
  assert.equal(env.entryStub(funcType([i64], [externref])), env.entryStub(funcType([externref], [i64])));
  assert.notEqual(env.entryStub(funcType([i64])), env.entryStub(funcType([i32])));
  assert.equal(env.hostStub(funcType([i64]), 3), env.hostStub(funcType([externref]), 3));
  assert.notEqual(env.hostStub(funcType([i64]), 3), env.hostStub(funcType([i64]), 4));
  env.dispose();
});

test('registers that belong to the caller survive a trap, whatever is left in them', () => {
  const env = newExecEnv();
  const stub = env.entryStub(funcType([]));
  const clobber = record(
    place(env, (a) => {
      for (const register of [rbx, rbp, r12, r13, r14, r15]) a.movImm(register, 0x0bad_0bad, 0x0bad);
      a.op(X.ud2);
    }),
  );
  // The host would not get far with them.
  for (let count = 0; count < 20_000; count++) assert.equal(env.enter(stub, clobber), unknownTrap);
  env.dispose();
});

test('the stack pointer is aligned, and the stack has the wanted size', () => {
  for (const size of [2 ** 16, 2 ** 20, 5 * 2 ** 20 + 1]) {
    const env = newExecEnv({}, size);
    const code = place(env, (a) => {
      a.rr(X.mov64, rax, rsp);
      a.op(X.ret);
    });
    for (const params of [[], [i64], Array(7).fill(i64), Array(8).fill(i64)]) {
      assert.equal(env.enter(env.entryStub(funcType(params, [i64])), record(code)), Trap.none);
      const sp = Number(env.i64[0]);
      assert.equal(sp % 16, 8);
      assert.ok(sp - env.stackLimit >= size - 256, `${sp - env.stackLimit} bytes of ${size}`);
      assert.ok(sp < env.address);
    }
    env.dispose();
  }
});

test('environments can be made and disposed many times', () => {
  const once = (): void => {
    const env = newExecEnv();
    env.enter(env.entryStub(funcType([])), record(place(env, (a) => a.op(X.ret))));
    env.dispose();
    env.dispose();
  };
  for (let count = 0; count < 50; count++) once();
  const before = process.memoryUsage.rss();
  for (let count = 0; count < 1000; count++) once();
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 24 * 2 ** 20, `${(grown / 2 ** 20).toFixed(1)} MiB more`);
});
