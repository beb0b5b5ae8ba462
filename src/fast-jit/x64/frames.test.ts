import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { Runtime } from '../../runtime/runtime.js';
import { TrapError } from '../../runtime/traps/trap-error.js';
import { leb, moduleBytes, nameBytes, section, typeSection } from '../../wasm/module.fixture.js';
import { ValType } from '../../wasm/types.js';
import { disassemble } from '../../x64/disassemble.js';
import { exportedFunctions } from '../execution.fixture.js';
import { compileAll, fullCpu, loadModule } from '../modules.fixture.js';

const options = { memoryMode: 'guarded', cpu: fullCpu } as const;
const { i64 } = ValType;
const [end, call, localGet, localSet, i64Const, add] = [0x0b, 0x10, 0x20, 0x21, 0x42, 0x7c];

/**
 * A section of a module: `vector` and `section` of the test modules take no more than an argument list holds.
 */
function largeSection(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length)].concat(content);
}

/**
 * A module that exports a function "f" which keeps so many values across a call, and returns param * count +
 * 1 + 2 + …: each value takes a slot of the frame, but for the few that are in registers.
 */
function withValues(count: number): Uint8Array {
  let code = [1, ...leb(count), i64];
  const emit = (...bytes: number[]): void => {
    for (const byte of bytes) code.push(byte);
  };
  for (let k = 1; k <= count; k++) {
    emit(localGet, 0, i64Const, k % 64, add, localSet, ...leb(k));
  }
  emit(call, 1, i64Const, 0);
  for (let k = 1; k <= count; k++) emit(localGet, ...leb(k), add);
  emit(end);
  code = [2, ...leb(code.length)].concat(code, [2, 0, end]);
  const sections = [
    typeSection([[i64], [i64]], [[], []]),
    section(3, 2, 0, 1),
    section(7, 1, ...nameBytes('f'), 0, 0),
    largeSection(10, code),
  ];
  return Uint8Array.from([...moduleBytes()].concat(...sections));
}

function expectedSum(param: bigint, count: number): bigint {
  let sum = param * BigInt(count);
  for (let k = 1; k <= count; k++) sum += BigInt(k % 64);
  return sum;
}

/** Around 32 KiB, where frames start to be checked. */
const counts = [0, 1, 10, 1000, ...Array.from({ length: 14 }, (_, k) => 4085 + k), 10_000];

describe('frames', () => {
  test('what a code object says of its frame is what the prologue takes', async () => {
    for (const count of counts) {
      const [{ bytes, entry, codeEnd, frameSize }] = compileAll(loadModule(withValues(count)), options);
      const prologue = await disassemble(bytes, entry, Math.min(codeEnd, entry + 80));
      const taken = prologue
        .map(({ text }) => /^sub rsp, (\S+)$/.exec(text)?.[1])
        .find((size) => size !== undefined);
      // rbp and the return address are pushed before.
      assert.equal(Number(taken), frameSize - 16, `${count} values`);
      assert.equal(frameSize % 16, 0);
    }
  });

  test('frames of more than 32 KiB, and only these, check the stack before they touch it', async () => {
    let checked = 0;
    for (const count of counts) {
      const [{ bytes, entry, codeEnd, frameSize, sites }] = compileAll(
        loadModule(withValues(count)),
        options,
      );
      const isLarge = frameSize - 16 > 32 * 1024;
      assert.equal(
        sites.traps[0] === Trap.callStackExhausted,
        isLarge,
        `${count} values, ${frameSize} bytes`,
      );
      const prologue = (await disassemble(bytes, entry, Math.min(codeEnd, entry + 80))).map(
        ({ text }) => text,
      );
      const subtraction = prologue.findIndex((text) => text.startsWith('sub rsp'));
      assert.equal(prologue.slice(0, subtraction).includes('ud2'), isLarge);
      if (!isLarge) continue;
      checked++;
      assert.equal(bytes[sites.offsets[0]], 0x0f);
      assert.equal(bytes[sites.offsets[0] + 1], 0x0b);
    }
    assert.ok(checked > 2 && checked < counts.length - 5);
  });
});

/** Modules in text with a function "f" that has a frame of many values; it calls what `callee` names. */
function recursive(count: number): string {
  const sets = Array.from(
    { length: count },
    (_, k) => `(local.set ${k + 1} (i64.add (local.get 0) (i64.const ${k})))`,
  );
  const sum = Array.from({ length: count }, (_, k) => `(local.get ${k + 1}) i64.add`).join(' ');
  return `(module (func $f (export "f") (param i64) (result i64) (local ${'i64 '.repeat(count)})
    ${sets.join(' ')}
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
      (else (call $f (i64.sub (local.get 0) (i64.const 1))))) ${sum})
    (func (export "g") (param i64) (result i64) (call $f (local.get 0))))`;
}

describe('the end of the stack', () => {
  const small = new Runtime({ stackSize: 128 * 1024 });
  after(() => small.dispose());

  function isExhausted(error: unknown): boolean {
    return error instanceof TrapError && error.trap === Trap.callStackExhausted;
  }

  test('a frame that does not fit traps at once, and the next call works', () => {
    for (const count of [17_000, 40_000]) {
      const { f } = exportedFunctions(small, withValues(count));
      for (let round = 0; round < 3; round++) assert.throws(() => f(1n), isExhausted);
    }
    const { f } = exportedFunctions(small, withValues(10_000));
    assert.equal(f(3n), expectedSum(3n, 10_000));
  });

  test('the trap belongs to the function whose frame does not fit, called from the others', () => {
    const count = 5000;
    const { g } = exportedFunctions(small, recursive(count));
    const ofLevel = (level: bigint): bigint =>
      level * BigInt(count) + (BigInt(count) * BigInt(count - 1)) / 2n;
    assert.equal(g(1n), ofLevel(0n) + ofLevel(1n));
    try {
      g(20n);
      assert.fail('nothing was thrown');
    } catch (error) {
      assert.ok(error instanceof TrapError, String(error));
      assert.equal(error.trap, Trap.callStackExhausted);
      const functions = error.frames.map(({ functionIndex }) => functionIndex);
      assert.equal(functions.at(-1), 1);
      assert.ok(
        functions.length >= 3 && functions.slice(0, -1).every((index) => index === 0),
        `${functions}`,
      );
    }
    assert.equal(g(0n), ofLevel(0n));
  });

  for (const count of [0, 5, 100, 1000, 4000, 4200]) {
    test(`endless recursion with ${count} values a frame`, () => {
      const { g } = exportedFunctions(small, recursive(count));
      for (let round = 0; round < 3; round++) assert.throws(() => g(-1n), isExhausted);
      assert.equal(typeof g(0n), 'bigint');
    });
  }
});
