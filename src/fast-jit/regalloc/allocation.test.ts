import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Op } from '../../ir/ops.js';
import { Gpr } from '../../x64/abi.js';
import { fullCpu } from '../../x64/cpu-features.fixture.js';
import { loadModule } from '../modules.fixture.js';
import { randomModule } from '../random-module.fixture.js';
import { lower } from '../x64/lower.js';
import { firstXmm, registers as registerInfo, scratchGpr } from '../x64/machine-registers.js';
import { contextOf, emitted, type TestContext } from './context.fixture.js';
import { functions, isLiveBefore } from './liveness-reference.fixture.js';

const { rax, rcx, rdx, rbx, rsi, rdi, r8 } = Gpr;

/** Three i32 parameters, an f64 one, all used to the end; instruction 0 is a `clz` of the first. */
const four = `(module (func (param i32 i32 i32 f64) (result i32)
  (i32.store (i32.const 8) (i32.clz (local.get 0))) (f64.store (i32.const 16) (local.get 3))
  (i32.add (i32.add (local.get 0) (local.get 1)) (i32.mul (local.get 2) (i32.const 5)))) (memory 1))`;

/** A context in which the parameters are in rsi, rdx, rcx, xmm0, as on entry. */
function entered(text = four): TestContext {
  const context = contextOf(text);
  const { allocation, ir } = context.g;
  allocation.take(rdi, ir.instance);
  [rsi, rdx, rcx, firstXmm].slice(0, ir.paramCount).forEach((at, k) => {
    allocation.take(at, k);
  });
  allocation.begin(0);
  return context;
}

describe('values in registers', () => {
  test('a value stays in its register, which is locked while an instruction uses it', async () => {
    const context = entered();
    const { allocation } = context.g;
    assert.equal(allocation.use(1), rdx);
    assert.equal(allocation.use(3), firstXmm);
    assert.equal(allocation.locked, (1 << rdx) | (1 << firstXmm));
    allocation.begin(1);
    assert.equal(allocation.locked, 0);
    assert.deepEqual(await emitted(context), []);
  });

  test('a constant is made where it is wanted, once, and is never saved', async () => {
    const context = entered();
    const { allocation, ir, frame } = context.g;
    const constant =
      ir.b.find((register, at) => at < ir.count && register >= 0 && ir.isConstant[register] === 1) ?? -1;
    const at = allocation.use(constant);
    assert.equal(allocation.use(constant), at);
    assert.deepEqual(await emitted(context), ['mov eax, 5']);
    const before = context.g.asm.position;
    allocation.evict(at);
    assert.equal(context.g.asm.position, before);
    assert.equal(frame.hasSlot(constant), false);
    assert.equal(allocation.place[constant], -1);
  });

  test('a value is saved when it loses its register, loaded when it is wanted, and not saved again', async () => {
    const context = entered();
    const { allocation, frame } = context.g;
    allocation.evict(rdx);
    assert.equal(allocation.place[1], -1);
    assert.equal(frame.hasSlot(1), true);
    const at = allocation.use(1);
    allocation.locked = 0;
    allocation.evict(at);
    const slot = `dword ptr [rbp - 0x${(-frame.slotOf(1)).toString(16)}]`;
    const texts = await emitted(context);
    assert.equal(texts.length, 2);
    assert.equal(texts[0], `mov ${slot}, edx`);
    assert.match(texts[1], new RegExp(`^mov \\w+, ${slot.replaceAll(/[[\]]/g, '\\$&')}$`));
  });

  test('what an instruction writes counts as not saved, though the value before was', () => {
    const { g } = entered();
    g.allocation.save(rdx);
    assert.equal((g.allocation.clean >>> rdx) & 1, 1);
    const at = g.allocation.define(1, -1);
    assert.equal(at, rdx);
    assert.equal((g.allocation.clean >>> at) & 1, 0);
  });

  test('a result takes the register that costs no move, if that is free', () => {
    const { g } = entered();
    const { allocation, ir } = g;
    const result = ir.dst[0];
    allocation.release(0);
    assert.equal(allocation.define(result, rsi), rsi);
    const other = entered().g;
    assert.notEqual(other.allocation.define(other.ir.dst[0], rsi), rsi);
    assert.equal(other.allocation.place[0], rsi);
  });

  test('floats and integers get registers of their kind, never the stack, frame or scratch registers', () => {
    const { g } = contextOf('(module (func))');
    const { allocation } = g;
    const taken = new Set<number>();
    allocation.begin(0);
    for (let k = 0; k < 13; k++) taken.add(allocation.temporary(false));
    for (let k = 0; k < 15; k++) taken.add(allocation.temporary(true));
    const set = [...taken].reduce((bits, at) => bits | (1 << at), 0);
    assert.equal(set, registerInfo.general | registerInfo.float);
    assert.equal(taken.has(scratchGpr), false);
    assert.throws(() => allocation.temporary(false), { message: /all registers are locked/ });
    assert.throws(() => allocation.temporary(true), { message: /all registers are locked/ });
  });
});

describe('making room', () => {
  test('vacate moves a value to another register and keeps it usable', async () => {
    const context = entered();
    const { allocation } = context.g;
    allocation.vacate(rdx);
    const now = allocation.place[1];
    assert.notEqual(now, rdx);
    assert.ok(now >= 0);
    assert.equal(allocation.holder[rdx], -1);
    assert.equal((allocation.locked >>> rdx) & 1, 1);
    const [only, ...rest] = await emitted(context);
    assert.match(only, /^mov \w+, edx$/);
    assert.deepEqual(rest, []);
  });

  test('vacate saves a value where no other register is free', async () => {
    const context = entered();
    const { allocation } = context.g;
    allocation.free = 0;
    allocation.vacate(rdx);
    assert.equal(allocation.place[1], -1);
    assert.match((await emitted(context))[0], /^mov dword ptr \[rbp - 0x\w+\], edx$/);
  });

  const copies: readonly (readonly [name: string, dies: boolean, at: number, expected: RegExp])[] = [
    ['a value that dies and is there already', true, rdx, /^$/],
    ['a value that lives on and is there already', false, rdx, /^mov \w+, edx$/],
    ['a value that is elsewhere', true, rax, /^mov eax, edx$/],
    ['a value whose place holds another one', false, rcx, /^mov \w+, ecx mov ecx, edx$/],
  ];
  for (const [name, dies, at, expected] of copies) {
    test(`copyInto: ${name}`, async () => {
      const context = entered();
      const { allocation } = context.g;
      allocation.copyInto(at, 1, dies);
      assert.match((await emitted(context)).join(' '), expected);
      assert.equal((allocation.locked >>> at) & 1, 1);
      if (!dies) assert.notEqual(allocation.place[1], at);
      if (!dies) assert.ok(allocation.place[1] >= 0);
      assert.ok(allocation.place[2] >= 0);
    });
  }

  test('the value that is wanted latest makes way', () => {
    // All registers hold a local; the locals are read in order, the last one last.
    const locals = Array.from({ length: 13 }, (_, k) => k);
    const sum = locals.map((k) => `(local.set 13 (i64.add (local.get 13) (local.get ${k})))`).join(' ');
    const { g } = contextOf(
      `(module (func (param ${'i64 '.repeat(14)}) (result i64) ${sum} (local.get 13)))`,
    );
    const { allocation } = g;
    const registers = Array.from({ length: 16 }, (_, at) => at).filter(
      (at) => ((registerInfo.general >>> at) & 1) === 1,
    );
    allocation.begin(0);
    // In an order that is not that of their use.
    const order = [7, 12, 0, 3, 11, 5, 1, 9, 2, 10, 4, 8, 6];
    order.forEach((local, k) => {
      allocation.take(registers[k], local);
    });
    // What the instruction itself reads is locked.
    allocation.use(0);
    const evicted: number[] = [];
    for (let k = 0; k < 4; k++) {
      const at = allocation.temporary(false);
      evicted.push(order[registers.indexOf(at)]);
    }
    assert.deepEqual(evicted, [12, 11, 10, 9]);
  });

  test('constants make way first', () => {
    const { g } = contextOf(
      `(module (func (param ${'i64 '.repeat(12)}) (result i64) (i64.rotl (local.get 0) (i64.const 0x123456789a))))`,
    );
    const { allocation, ir } = g;
    allocation.begin(0);
    const constant = ir.b[0];
    const registers = Array.from({ length: 16 }, (_, at) => at).filter(
      (at) => ((registerInfo.general >>> at) & 1) === 1,
    );
    registers.forEach((at, k) => {
      allocation.take(at, k === 5 ? constant : k < 5 ? k : k - 1);
    });
    assert.equal(allocation.temporary(false), registers[5]);
  });
});

describe('ends of values', () => {
  test('operands that die make room for the result', () => {
    const { g } = contextOf(
      '(module (func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
    );
    const { allocation, ir } = g;
    allocation.take(rsi, 0);
    allocation.take(rdx, 1);
    allocation.begin(0);
    allocation.use(0);
    allocation.use(1);
    allocation.releaseDying(0);
    assert.deepEqual([allocation.place[0], allocation.place[1], allocation.locked], [-1, -1, 0]);
    assert.equal(allocation.define(ir.dst[0], rdx), rdx);
  });

  test('or only for the next instruction, where the result must not overwrite them', () => {
    const { g } = contextOf(
      '(module (func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
    );
    const { allocation, ir } = g;
    allocation.take(rsi, 0);
    allocation.take(rdx, 1);
    allocation.begin(0);
    allocation.releaseDyingLater(0);
    const at = allocation.define(ir.dst[0], rdx);
    assert.ok(at !== rsi && at !== rdx);
    allocation.begin(1);
    assert.equal((allocation.free >>> rsi) & (allocation.free >>> rdx) & 1, 1);
  });

  test('a result that nobody reads gives its register back', () => {
    const { g } = contextOf('(module (func (param i32) (drop (i32.clz (local.get 0)))))');
    const { allocation, ir } = g;
    allocation.begin(0);
    const at = allocation.define(ir.dst[0], -1);
    allocation.end(0);
    assert.equal(allocation.holder[at], -1);
    assert.equal((allocation.free >>> at) & 1, 1);
  });

  test('a value that is needed behind a call goes where calls preserve it', () => {
    const { g } = contextOf(`(module (func $f (param i32) (result i32)
      (i32.clz (local.get 0)) (call $f (local.get 0)) (i32.sub)))`);
    const { allocation, ir } = g;
    allocation.take(r8, 0);
    allocation.begin(0);
    const at = allocation.define(ir.dst[0], -1);
    assert.equal((registerInfo.calleeSaved >>> at) & 1, 1, `${at}`);
    const short = contextOf(
      '(module (func $f (param i32) (result i32) (i32.ctz (i32.clz (local.get 0)))))',
    ).g;
    short.allocation.begin(0);
    const other = short.allocation.define(short.ir.dst[0], -1);
    assert.equal((registerInfo.calleeSaved >>> other) & 1, 0);
    assert.notEqual(other, rbx);
  });
});

/** Checks what must hold of an allocation before every instruction. */
function checkState({ g }: TestContext, position: number, liveness: boolean): void {
  const { allocation, ir, frame } = g;
  const { holder, place, clean, free } = allocation;
  const all = registerInfo.general | registerInfo.float;
  for (let at = 0; at < 32; at++) {
    const held = holder[at];
    assert.equal(
      (free >>> at) & 1,
      held < 0 && ((all >>> at) & 1) === 1 ? 1 : 0,
      `register ${at} is free or holds something`,
    );
    if (held < 0) {
      assert.equal((clean >>> at) & 1, 0, `register ${at} holds nothing to be saved`);
      continue;
    }
    assert.equal(place[held], at, `value ${held} knows its place`);
    assert.equal(at >= firstXmm, ir.isFloat(held), `value ${held} is in a register of its kind`);
    const isRemade = ir.isConstant[held] === 1 || held === ir.memoryBase;
    if (((clean >>> at) & 1) === 1) assert.ok(isRemade || frame.hasSlot(held), `value ${held} has a slot`);
  }
  for (let register = 0; register < ir.registers; register++) {
    if (place[register] >= 0) assert.equal(holder[place[register]], register);
  }
  // At a label the state is still that of the way which runs into it.
  if (!liveness || ir.op[position] === Op.label) return;
  let first = position;
  while (first > 0 && g.fused[first - 1] === 1) first--;
  for (let at = 0; at < 32; at++) {
    const register = holder[at];
    // The instance may end with a use that no instruction names: to find the memory's base.
    if (register < 0 || ir.tracked[register] < 0 || register === ir.instance) continue;
    assert.ok(
      isLiveBefore(ir, register, first),
      `value ${register} is dead, yet in a register at ${position}`,
    );
  }
  for (let index = 0; index < ir.trackedCount; index++) {
    const register = ir.trackedRegisters[index];
    if (place[register] >= 0 || frame.hasSlot(register) || register === ir.memoryBase) continue;
    assert.ok(!isLiveBefore(ir, register, position), `value ${register} is somewhere`);
  }
}

describe('at every instruction registers and values agree', () => {
  const lowerChecked = (
    source: string | Uint8Array,
    functionIndex: number | undefined,
    liveness: boolean,
  ): void => {
    const context = contextOf(source, functionIndex);
    const { g, translator } = context;
    g.compileFor(fullCpu);
    const { allocation } = g;
    const begin = allocation.begin.bind(allocation);
    let count = 0;
    allocation.begin = (position) => {
      begin(position);
      checkState(context, position, liveness);
      count++;
    };
    lower(g, translator.type, translator.resultArea);
    assert.ok(count > 0);
  };

  for (const [name, module] of Object.entries(functions)) {
    test(name, () => lowerChecked(module, undefined, true));
  }

  for (let seed = 201; seed <= 205; seed++) {
    test(`random functions, seed ${seed}`, () => {
      const bytes = randomModule(seed, 3, seed >= 204);
      const { wasm } = loadModule(bytes);
      for (let index = 0; index < wasm.bodyStarts.length; index++) lowerChecked(bytes, index, false);
    });
  }
});
