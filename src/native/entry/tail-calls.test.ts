import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { execEnv, slotsOffset, unknownTrap } from '../../layout/exec-env.js';
import { functionRecord } from '../../layout/structs.js';
import { layoutSlots, sizeOf, slotSize, slotsOf } from '../../layout/widths.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import { callShape, Gpr } from '../../x64/abi.js';
import type { Assembler } from '../../x64/assembler.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { Address } from '../ffi/ffi.js';
import { NativeBlock } from '../memory/block.js';
import { isTailJump } from '../x64/stubs/function-ends.js';
import { movAddress } from '../x64/stubs/stub-code.js';
import type { ExecEnv } from './exec-env.js';
import { funcType, newExecEnv, place, record } from './machine-code.fixture.js';

const { i32, i64, f32, f64, v128, externref } = ValType;
const { rax, rdx, rbx, rsp, rbp, rsi, rdi, r11 } = Gpr;
const { offsets } = execEnv;
const { code, instance } = functionRecord.offsets;

/** A type of as many i64 parameters that so many of them go on the stack. */
const onStack = (slots: number): FuncType => funcType(new Array<ValType>(5 + slots).fill(i64), [i64]);

/** Leaves a function without a frame for a record, whose arguments of so many slots are `base + slot`. */
function emitTailCall(a: Assembler, env: ExecEnv, to: Address, slots: number, room: number, base = 0): void {
  movAddress(a, r11, env.address);
  for (let slot = 0; slot < slots; slot++) {
    a.mi(X.mov64, r11, slotsOffset + slotSize * slot, base + slot);
  }
  movAddress(a, rax, to);
  a.mr(X.mov64, r11, offsets.tailRecord, rax);
  a.mi(X.mov32, r11, offsets.tailSlots, slots);
  a.mi(X.mov32, r11, offsets.tailRoom, room);
  a.m(X.jmp, r11, offsets.tailStub);
}

/** Returns the sum of the stack arguments. */
function emitSum(a: Assembler, slots: number): void {
  a.rr(X.xor32, rax, rax);
  for (let slot = 0; slot < slots; slot++) a.rm(X.add64, rax, rsp, slotSize * (1 + slot));
  a.op(X.ret);
}

/** Calls a record without stack arguments from a function with a frame, and returns where the call is. */
function emitCaller(a: Assembler, to: Address): number {
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  movAddress(a, rax, to);
  a.rm(X.mov64, rdi, rax, instance);
  a.m(X.call, rax, code);
  const site = a.position - 1;
  a.op(X.leave);
  a.op(X.ret);
  return site;
}

/** A record whose code is placed later: functions may call each other. */
function emptyRecord(): { readonly address: Address; readonly set: (code: Address) => void } {
  const block = new NativeBlock(functionRecord.size);
  return { address: block.address, set: (address) => block.setAddress(code, address) };
}

test('stack arguments arrive, and the callee returns to the caller of the function that has been left', () => {
  for (const slots of [1, 2, 15, 16, 17, 100, 2000]) {
    for (const room of [0, 1, 16, 2000]) {
      const env = newExecEnv();
      const sum = record(place(env, (a) => emitSum(a, slots)));
      const leaving = record(place(env, (a) => emitTailCall(a, env, sum, slots, room, 7)));
      // A caller with an area of its own, whose callee-saved registers and frame must be as they were.
      const caller = place(env, (a) => {
        a.r(X.push, rbp);
        a.rr(X.mov64, rbp, rsp);
        a.r(X.push, rbx);
        a.i(X.push, 0);
        a.ri(X.sub64, rsp, slotSize * (room + (room & 1)));
        a.rr(X.mov64, rbx, rsp);
        movAddress(a, rax, leaving);
        a.m(X.call, rax, code);
        a.rr(X.sub64, rbx, rsp);
        a.rr(X.add64, rax, rbx);
        a.rm(X.mov64, rbx, rbp, -slotSize);
        a.op(X.leave);
        a.op(X.ret);
      });
      assert.equal(env.enter(env.entryStub(funcType([], [i64])), record(caller)), Trap.none);
      const expected = 7 * slots + (slots * (slots - 1)) / 2;
      assert.equal(env.i64[0], BigInt(expected), `${slots} slots, room for ${room}`);
      env.dispose();
    }
  }
});

test('stack arguments lie at a multiple of 16', () => {
  for (const slots of [1, 2, 17]) {
    const env = newExecEnv();
    const where = record(
      place(env, (a) => {
        a.rm(X.lea64, rax, rsp, slotSize);
        a.ri(X.and64, rax, 15);
        a.op(X.ret);
      }),
    );
    const leaving = record(place(env, (a) => emitTailCall(a, env, where, slots, 0)));
    assert.equal(env.enter(env.entryStub(funcType([], [i64])), leaving), Trap.none);
    assert.equal(env.i64[0], 0n);
    env.dispose();
  }
});

/** Counts rsi down, and goes on with `next`, which takes so many stack arguments; at 0 returns rsp. */
function emitCountdown(a: Assembler, env: ExecEnv, next: Address, slots: number, room: number): void {
  const end = a.newLabel();
  a.ri(X.sub64, rsi, 1);
  a.jcc(Condition.e, end);
  emitTailCall(a, env, next, slots, room);
  a.bind(end);
  a.rr(X.mov64, rax, rsp);
  a.op(X.ret);
}

test('functions that call each other in their place need a constant stack, growing and shrinking', () => {
  const sizes = [1, 20, 3, 2000, 40, 1, 17];
  const env = newExecEnv({}, 2 ** 17);
  const records = sizes.map(emptyRecord);
  for (const [k, room] of sizes.entries()) {
    const next = (k + 1) % sizes.length;
    const emit = (a: Assembler): void => emitCountdown(a, env, records[next].address, sizes[next], room);
    records[k].set(place(env, emit));
  }
  const stub = env.entryStub(onStack(sizes[0]));
  const depths = [20, 21, 1_000_000, 1_000_001].map((turns) => {
    env.i64[0] = BigInt(turns * sizes.length);
    assert.equal(env.enter(stub, records[0].address), Trap.none);
    return env.i64[0];
  });
  assert.equal(new Set(depths).size, 1);
  env.dispose();
});

test('a bridge is left where the callee returns, as if it had not been there', () => {
  const env = newExecEnv();
  const sum = record(place(env, (a) => emitSum(a, 9)));
  const leaving = record(place(env, (a) => emitTailCall(a, env, sum, 9, 0, 1)));
  const caller = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    movAddress(a, rax, leaving);
    a.m(X.call, rax, code);
    // What bridges do to the stack must be undone: rsp is rbp.
    a.rr(X.sub64, rsp, rbp);
    a.rr(X.add64, rax, rsp);
    a.rr(X.mov64, rsp, rbp);
    a.op(X.leave);
    a.op(X.ret);
  });
  assert.equal(env.enter(env.entryStub(funcType([], [i64])), record(caller)), Trap.none);
  assert.equal(env.i64[0], 45n);
  env.dispose();
});

test('bridges are not in backtraces', () => {
  const env = newExecEnv();
  const fault = place(env, (a) => {
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.op(X.ud2);
  });
  const leaving = record(place(env, (a) => emitTailCall(a, env, record(fault), 3, 0)));
  let site = 0;
  const inner = place(env, (a) => {
    site = emitCaller(a, leaving);
  });
  const outer = place(env, (a) => {
    emitCaller(a, record(inner));
  });
  assert.equal(env.enter(env.entryStub(funcType([])), record(outer)), unknownTrap);
  const places = [...env.frames(() => false)].filter((pc) => pc < outer || pc > outer + 100);
  const inCode = places.filter(
    (pc) => (pc >= fault && pc < fault + 100) || (pc >= inner && pc < inner + site + 1),
  );
  assert.deepEqual(inCode, [fault + 4, inner + site]);
  env.dispose();
});

test('a host function called through a bridge gets its stack arguments, and its error names the caller', () => {
  const type = onStack(3);
  let seen: bigint[] = [];
  let fails = false;
  const env = newExecEnv({
    onHostCall: (_, slot) => {
      seen = [...env.stackI64.subarray(slot + 5, slot + 8)];
      if (fails) throw new Error('host');
      env.stackI64[slot] = 11n;
    },
  });
  const host = record(env.hostStub(type, 1));
  const leaving = record(place(env, (a) => emitTailCall(a, env, host, 3, 0, 40)));
  let site = 0;
  const caller = place(env, (a) => {
    site = emitCaller(a, leaving);
  });
  const stub = env.entryStub(funcType([], [i64]));
  assert.equal(env.enter(stub, record(caller)), Trap.none);
  assert.equal(env.i64[0], 11n);
  assert.deepEqual(seen, [40n, 41n, 42n]);
  fails = true;
  assert.equal(env.enter(stub, record(caller)), Trap.hostException);
  assert.deepEqual([...env.frames(() => false)], [caller + site]);
  env.dispose();
});

test('an overflow of the stack while a bridge is made is one', () => {
  const env = newExecEnv({}, 2 ** 14);
  const deep = emptyRecord();
  const leaving = record(place(env, (a) => emitTailCall(a, env, deep.address, 500, 0)));
  deep.set(
    place(env, (a) => {
      emitCaller(a, leaving);
    }),
  );
  assert.equal(env.enter(env.entryStub(funcType([])), deep.address), Trap.callStackExhausted);
  assert.ok([...env.frames(() => false)].length > 0);
  env.dispose();
});

/** A recognisable bit pattern of a type. */
function pattern(type: ValType, number: number): bigint {
  const bits = BigInt.asUintN(128, (BigInt(number) + 1n) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835n);
  return BigInt.asUintN(8 * sizeOf(type), bits);
}

test('a host function can have another function called in its place', () => {
  const params: ValType[] = [i32, f64, v128, i64, externref, i32, i64, i32, i32, f32];
  const vectors = new Array<ValType>(8).fill(v128);
  for (const types of [[], [i64], [f32, i32], params, [...params, ...vectors, i32, v128, i64, v128]]) {
    for (const results of [[i64], [i64, f64, i32]]) {
      const type = funcType(types, results);
      const shape = callShape(type);
      const words = new Int32Array(2 * layoutSlots(types).slots + 3).fill(-1);
      for (const [k, offset] of layoutSlots(types).offsets.entries()) {
        const bits = pattern(types[k], k);
        for (let word = 0; word < sizeOf(types[k]) / 4; word++) {
          words[3 + offset / 4 + word] = Number(BigInt.asIntN(32, bits >> BigInt(32 * word)));
        }
      }
      for (const [k, param] of types.entries()) {
        const env = newExecEnv({ onHostCall: () => env.requestTail(callee, type, words, 3) });
        const part = slotsOf(param) - 1;
        const argument = shape.params[k];
        const callee = record(
          place(env, (a) => {
            if (argument.kind === 'gpr') a.rr(X.mov64, rax, argument.register);
            else if (argument.kind === 'stack') a.rm(X.mov64, rax, rsp, 8 + 8 * (argument.slot + part));
            else {
              a.ri(X.sub64, rsp, 16);
              a.mr(X.movups, rsp, 0, argument.register);
              a.rm(X.mov64, rax, rsp, 8 * part);
              a.ri(X.add64, rsp, 16);
            }
            if (results.length > 1) emitFurther(a, shape.resultArea);
            a.op(X.ret);
          }),
        );
        const host = record(env.hostStub(funcType([i32], results), 1));
        assert.equal(env.enter(env.entryStub(funcType([i32], results)), host), Trap.none);
        const width = 8 * Math.min(8, sizeOf(param));
        const expected = BigInt.asUintN(width, pattern(param, k) >> BigInt(64 * part));
        const seen = param === i32 ? BigInt.asUintN(64, env.i64[0]) : BigInt.asUintN(width, env.i64[0]);
        assert.equal(seen, expected, `parameter ${k} of ${types}`);
        if (results.length > 1) assert.deepEqual([env.i64[1], env.i32[4]], [5n, 6]);
        env.dispose();
      }
    }
  }
});

/** Writes further results, 5 and 6. */
function emitFurther(a: Assembler, area: ReturnType<typeof callShape>['resultArea']): void {
  if (area?.kind === 'gpr') a.rr(X.mov64, rdx, area.register);
  else if (area?.kind === 'stack') a.rm(X.mov64, rdx, rsp, 8 + 8 * area.slot);
  a.mi(X.mov64, rdx, 0, 5);
  a.mi(X.mov64, rdx, 8, 6);
}

test('host and machine code call each other in their place with a constant stack', () => {
  const type = onStack(10);
  let depth: number | undefined;
  const env = newExecEnv({
    onHostCall: (_, slot) => {
      depth ??= slot;
      assert.equal(slot, depth);
      const words = new Int32Array(2 * 15);
      words[0] = Number(env.stackI64[slot]);
      env.requestTail(countdown.address, type, words, 0);
    },
  });
  const host = record(env.hostStub(type, 1));
  const countdown = emptyRecord();
  countdown.set(place(env, (a) => emitCountdown(a, env, host, 10, 10)));
  env.i64[0] = 10_000n;
  depth = undefined;
  // The first call comes from an entry, whose area is none of a bridge.
  assert.equal(
    env.enter(
      env.entryStub(funcType([i64], [i64])),
      record(
        place(env, (a) => {
          emitTailCall(a, env, countdown.address, 10, 0);
        }),
      ),
    ),
    Trap.none,
  );
  assert.notEqual(depth, undefined);
  env.dispose();
});

test('a request is forgotten where the host function ends by an error', () => {
  let fails = true;
  const env = newExecEnv({
    onHostCall: (_, slot) => {
      if (fails) {
        env.requestTail(0, funcType([]), new Int32Array(0), 0);
        throw new Error('host');
      }
      env.stackI64[slot] = 3n;
    },
  });
  const host = record(env.hostStub(funcType([], [i64]), 1));
  const stub = env.entryStub(funcType([], [i64]));
  assert.equal(env.enter(stub, host), Trap.hostException);
  fails = false;
  assert.equal(env.enter(stub, host), Trap.none);
  assert.equal(env.i64[0], 3n);
  env.dispose();
});

test('a function that has left its frame is told by the jump', () => {
  const jumps: Array<[emit: (a: Assembler) => void, isTail: boolean]> = [
    [(a) => a.m(X.jmp, rdi, 300), true],
    [(a) => a.m(X.jmp, rax, 0), true],
    [(a) => a.r(X.jmp, rax), true],
    [(a) => a.m(X.jmp, r11, 300), true],
    [(a) => a.m(X.call, rax, 0), false],
    [(a) => a.op(X.ret), false],
  ];
  for (const [emit, isTail] of jumps) {
    const bytes = (first: (a: Assembler) => void): Uint8Array => {
      const env = newExecEnv();
      const at = place(env, (a) => {
        first(a);
        emit(a);
        for (let k = 0; k < 4; k++) a.op(X.int3);
      });
      const read = env.codeRegion.read(at, 3);
      env.dispose();
      return read;
    };
    assert.equal(isTailJump(bytes((a) => a.op(X.leave))), isTail);
    assert.equal(isTailJump(bytes((a) => a.r(X.pop, rbp))), isTail);
    assert.equal(isTailJump(bytes((a) => a.op(X.nop))), false);
  }
});
