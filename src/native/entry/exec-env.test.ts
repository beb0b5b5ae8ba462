import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import { layoutSlots, sizeOf, slotSize } from '../../layout/widths.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import { callShape, Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import type { ExecEnv } from './exec-env.js';
import { funcType, newExecEnv, place, record } from './machine-code.fixture.js';

const { i32, i64, f32, f64, v128, externref } = ValType;
const { rax, rdx, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15 } = Gpr;

/** A value of a type that is recognisable: its bit pattern, by a number. */
function pattern(type: ValType, number: number): bigint {
  const bits = BigInt.asUintN(128, (BigInt(number) + 1n) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835n);
  return BigInt.asUintN(8 * sizeOf(type), bits);
}

/** Slots, as an entry's arguments and results, and a host function's, lie in them. */
type Slots = Pick<ExecEnv, 'u32' | 'i64'>;

/** Writes a recognisable value of each type, from a slot on. */
function writeSlots({ u32, i64 }: Slots, types: readonly ValType[], first: number, from = 0): void {
  const { offsets } = layoutSlots(types);
  types.forEach((type, index) => {
    const slot = from + offsets[index] / slotSize;
    const bits = pattern(type, first + index);
    // What lies above a 32-bit value must not matter.
    i64[slot] = -1n;
    if (sizeOf(type) === 4) u32[2 * slot] = Number(bits);
    else i64[slot] = BigInt.asIntN(64, bits);
    if (type === v128) i64[slot + 1] = BigInt.asIntN(64, bits >> 64n);
  });
}

function readSlots({ u32, i64 }: Slots, types: readonly ValType[], from = 0): bigint[] {
  const { offsets } = layoutSlots(types);
  return types.map((type, index) => {
    const slot = from + offsets[index] / slotSize;
    if (sizeOf(type) === 4) return BigInt(u32[2 * slot]);
    const low = BigInt.asUintN(64, i64[slot]);
    return type === v128 ? low | (BigInt.asUintN(64, i64[slot + 1]) << 64n) : low;
  });
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
      const stack = { u32: env.stackU32, i64: env.stackI64 };
      seen = readSlots(stack, type.params, slot);
      const { offsets } = layoutSlots(type.params);
      type.params.forEach((param, index) => {
        const at = 2 * (slot + offsets[index] / slotSize);
        if (param === i32) assert.equal(env.stackU32[at + 1], 0, 'an i32 is zero-extended');
      });
      writeSlots(stack, type.results, 5000, slot);
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
  const every = [i32, i64, f32, f64, externref, v128];
  roundTrip(funcType([], []));
  for (const type of every) roundTrip(funcType([type], [type]));
  for (const first of every)
    for (const second of every) roundTrip(funcType([first, second], [second, first]));
  const mixed = Array.from({ length: 40 }, (_, index) => every[(index * index + index) % 6]);
  mixed.push(...Array.from({ length: 40 }, (_, index) => every[(index * index + 3 * index) % 6]));
  for (let count = 0; count < mixed.length; count += 3) {
    roundTrip(funcType(mixed.slice(0, count), mixed.slice(count / 2)));
  }
});

test('a thousand parameters and results pass', () => {
  const every = [i32, i64, f32, f64];
  const many = Array.from({ length: 1000 }, (_, index) => every[index % 4]);
  roundTrip(funcType(many, many));
  const vectors: ValType[] = Array(1000).fill(v128);
  roundTrip(funcType(vectors, [i32, ...vectors.slice(1)]));
  const env = newExecEnv();
  assert.throws(() => env.entryStub(funcType(Array(1025).fill(v128))), RangeError);
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
