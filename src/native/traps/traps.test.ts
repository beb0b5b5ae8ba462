import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import { wasmPageSize } from '../../wasm/limits.js';
import { ValType } from '../../wasm/types.js';
import { Gpr } from '../../x64/abi.js';
import type { Assembler } from '../../x64/assembler.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { ExecEnv } from '../entry/exec-env.js';
import { funcType, instanceHeader, newExecEnv, place, record } from '../entry/machine-code.fixture.js';
import type { Address } from '../ffi/ffi.js';
import { libcAddress } from '../libraries/libc.js';
import { NativeBlock } from '../memory/block.js';
import { MappedMemory } from '../memory/mapped-memory.js';

const { i32, i64 } = ValType;
const { rax, rcx, rdx, rsp, rbp, rsi, rdi } = Gpr;

/** Code that loads a byte at (address: i64). */
function loader(env: ExecEnv): Address {
  return place(env, (a) => {
    a.rm(X.movzx32_8, rax, rsi, 0);
    a.op(X.ret);
  });
}

/**
 * Code that calls itself for ever; `frame` bytes of stack are taken each time, and written to at their lower
 * end.
 */
function recursion(env: ExecEnv, frame: number): Address {
  return place(env, (a) => {
    const self = a.newLabel();
    a.bind(self);
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.ri(X.sub64, rsp, frame);
    a.mi(X.mov64, rsp, 0, 0);
    a.callLabel(self);
    a.op(X.leave);
    a.op(X.ret);
  });
}

test('an access outside of a guarded memory is a fault that names pc and address', () => {
  const env = newExecEnv();
  const memory = MappedMemory.create({ minPages: 1 });
  const code = loader(env);
  const load = record(code);
  const stub = env.entryStub(funcType([i64], [i32]));
  new Uint8Array(memory.buffer)[wasmPageSize - 1] = 99;
  for (const offset of [wasmPageSize, 2 ** 31, 2 ** 32, 2 * (2 ** 32 - 1) + 15]) {
    env.i64[0] = BigInt(memory.base + offset);
    assert.equal(env.enter(stub, load), unknownTrap);
    assert.equal(env.faultAddress, memory.base + offset);
    assert.equal(env.trapPc, code);
  }
  env.i64[0] = BigInt(memory.base + wasmPageSize - 1);
  assert.equal(env.enter(stub, load), Trap.none);
  assert.equal(env.i32[0], 99);
  memory.dispose();
  env.dispose();
});

test('an address that no process has is a fault', () => {
  const env = newExecEnv();
  const stub = env.entryStub(funcType([i64], [i32]));
  const load = record(loader(env));
  for (const address of [0n, 8n, 1n << 62n, -1n]) {
    env.i64[0] = address;
    assert.equal(env.enter(stub, load), unknownTrap);
  }
  env.dispose();
});

test('ud2 and a division by zero are faults at their pc', () => {
  const env = newExecEnv();
  const stub = env.entryStub(funcType([], []));
  const at = (emit: (a: Assembler) => void, offset: number): void => {
    const code = place(env, emit);
    assert.equal(env.enter(stub, record(code)), unknownTrap);
    assert.equal(env.trapPc, code + offset);
  };
  at((a) => a.op(X.ud2), 0);
  at((a) => {
    a.rr(X.xor32, rcx, rcx);
    a.rr(X.xor32, rdx, rdx);
    a.r(X.idiv32, rcx);
  }, 4);
  env.dispose();
});

test('ten thousand traps of all kinds', () => {
  const env = newExecEnv();
  const none = env.entryStub(funcType([], []));
  const one = env.entryStub(funcType([i64], [i32]));
  const load = record(loader(env));
  const ud2 = record(place(env, (a) => a.op(X.ud2)));
  const deep = record(recursion(env, 4096));
  const fine = record(place(env, (a) => a.op(X.ret)));
  env.i64[0] = 0n;
  for (let count = 0; count < 2500; count++) {
    assert.equal(env.enter(one, load), unknownTrap);
    assert.equal(env.enter(none, ud2), unknownTrap);
    assert.equal(env.enter(none, deep), Trap.callStackExhausted);
    assert.equal(env.enter(none, ud2), unknownTrap);
    assert.equal(env.enter(none, fine), Trap.none);
  }
  env.dispose();
});

test('deep recursion exhausts the stack, whatever the frames', () => {
  for (const stackSize of [2 ** 16, 2 ** 20, 2 ** 24]) {
    const env = newExecEnv({}, stackSize);
    const stub = env.entryStub(funcType([], []));
    for (const frame of [0, 16, 4096, 65536]) {
      assert.equal(env.enter(stub, record(recursion(env, frame))), Trap.callStackExhausted);
      assert.ok(env.faultAddress < env.stackLimit);
    }
    env.dispose();
  }
});

test('a loop can use all of the stack and return', () => {
  const env = newExecEnv();
  const code = place(env, (a) => {
    // Calls itself esi times, then returns rsp of the deepest call.
    const self = a.newLabel();
    const deepest = a.newLabel();
    a.bind(self);
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.ri(X.sub32, rsi, 1);
    a.jcc(Condition.b, deepest);
    a.callLabel(self);
    a.op(X.leave);
    a.op(X.ret);
    a.bind(deepest);
    a.rr(X.mov64, rax, rsp);
    a.op(X.leave);
    a.op(X.ret);
  });
  env.i32[0] = 65_000;
  assert.equal(env.enter(env.entryStub(funcType([i32], [i64])), record(code)), Trap.none);
  assert.ok(Number(env.i64[0]) < env.stackLimit + 2 ** 14);
  env.dispose();
});

test('the stack runs out in a host stub, in a lazy stub and in a nested entry as well', () => {
  let sunk = 0;
  let status: number = Trap.none;
  const env = newExecEnv({
    onHostCall: (id) => {
      sunk++;
      if (id === 1) status = env.enter(stub, fine);
    },
    onLazyCompile: () => {
      sunk++;
      return place(env, (a) => a.op(X.ret));
    },
  });
  const many = funcType(Array(40).fill(i64), []);
  const stub = env.entryStub(funcType([], []));
  const fine = record(place(env, (a) => a.op(X.ret)));
  const instance = instanceHeader();
  const callAtBottom = (target: Address, above: number): Address =>
    place(env, (a) => {
      // Goes down to `above` bytes over the guard, and calls.
      const bottom = env.stackLimit - 2 ** 14 + above;
      a.r(X.push, rbp);
      a.rr(X.mov64, rbp, rsp);
      a.movImm(rsp, bottom | 0, Math.floor(bottom / 2 ** 32));
      a.movImm(rax, target | 0, Math.floor(target / 2 ** 32));
      a.movImm(rdi, instance | 0, Math.floor(instance / 2 ** 32));
      a.r(X.call, rax);
      a.op(X.leave);
      a.op(X.ret);
    });
  const targets = [env.hostStub(funcType([], []), 0), env.hostStub(many, 0), env.lazyThunk(5)];
  for (const target of targets) {
    for (let above = 0; above <= 640; above += 16) {
      sunk = 0;
      const result = env.enter(stub, record(callAtBottom(target, above)));
      assert.equal(result, sunk ? Trap.none : Trap.callStackExhausted);
    }
    assert.equal(sunk, 1, 'in the end there is enough');
    assert.equal(env.enter(stub, fine), Trap.none);
  }
  // A nested entry needs a few words more than the stub that it is nested in.
  const statuses = new Set<number>();
  for (let above = 0; above <= 640; above += 16) {
    status = Trap.none;
    assert.ok(
      [Trap.none, Trap.callStackExhausted].includes(
        env.enter(stub, record(callAtBottom(env.hostStub(funcType([], []), 1), above))) as 0,
      ),
    );
    statuses.add(status);
  }
  assert.deepEqual([...statuses].sort(), [Trap.none, Trap.callStackExhausted]);
  env.dispose();
});

test('libc needs no stack to move and fill bytes', () => {
  const env = newExecEnv();
  const block = new NativeBlock(2 ** 22);
  const stub = env.entryStub(funcType([i64], []));
  for (const name of ['memmove', 'memset'] as const) {
    const target = libcAddress(name);
    const code = record(
      place(env, (a) => {
        const bottom = env.stackLimit - 2 ** 14 + 8;
        a.r(X.push, rbp);
        a.rr(X.mov64, rbp, rsp);
        a.movImm(rsp, bottom | 0, Math.floor(bottom / 2 ** 32));
        a.rr(X.mov64, rdx, rsi);
        for (const [register, offset] of [
          [rdi, 0],
          [rsi, 100],
        ] as const) {
          const address = block.address + offset;
          a.movImm(register, address | 0, Math.floor(address / 2 ** 32));
        }
        a.movImm(rax, target | 0, Math.floor(target / 2 ** 32));
        a.r(X.call, rax);
        a.op(X.leave);
        a.op(X.ret);
      }),
    );
    for (let length = 0; length < 2 ** 22 - 100; length = Math.ceil(length * 1.3) + 1) {
      env.i64[0] = BigInt(length);
      assert.equal(env.enter(stub, code), Trap.none);
    }
  }
  block.free();
  env.dispose();
});

/** A module with one function that loads at 2^31 in a memory of one page. */
const v8OutOfBounds = Uint8Array.of(
  ...[
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x61,
    0, 0,
  ],
  ...[10, 13, 1, 11, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x28, 2, 0, 0x0b],
);

interface V8WebAssembly {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { a(): number } };
}

test("V8's own wasm still traps, in turn with ours", () => {
  const { Module, Instance } = Reflect.get(globalThis, 'WebAssembly') as V8WebAssembly;
  const { exports } = new Instance(new Module(v8OutOfBounds));
  const env = newExecEnv();
  const ud2 = record(place(env, (a) => a.op(X.ud2)));
  const stub = env.entryStub(funcType([], []));
  for (let count = 0; count < 100; count++) {
    assert.throws(() => exports.a(), /memory access out of bounds/);
    assert.equal(env.enter(stub, ud2), unknownTrap);
  }
  env.dispose();
});
