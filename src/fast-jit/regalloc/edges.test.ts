import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Gpr } from '../../x64/abi.js';
import { firstXmm } from '../x64/machine-registers.js';
import { contextOf, emitted, firstLabel, type TestContext } from './context.fixture.js';

const { rax, rcx, rdx, rbx, rsi, rdi, r8 } = Gpr;

/** Parameters 0 to 3 are needed behind the label, 4 is not, and local 5 is written there. */
const text = `(module (memory 1) (func (param i64 i64 i64 f64 i64) (result i64) (local i64)
  (block (br_if 0 (i64.eqz (local.get 4))) (local.set 0 (i64.const 1)))
  (local.set 5 (i64.const 3))
  (f64.store (i32.const 0) (local.get 3))
  (i64.add (local.get 5) (i64.sub (local.get 0) (i64.mul (local.get 1) (local.get 2))))))`;

/** The values of a state by their machine registers. */
function place(context: TestContext, values: Readonly<Record<number, number>>): void {
  const { allocation } = context.g;
  for (let at = 0; at < 32; at++) if (allocation.holder[at] >= 0) allocation.drop(at);
  for (const [at, register] of Object.entries(values)) allocation.take(Number(at), register);
}

function held(context: TestContext): Record<number, number> {
  const { holder } = context.g.allocation;
  return Object.fromEntries([...holder].flatMap((register, at) => (register >= 0 ? [[at, register]] : [])));
}

describe('ways to a label', () => {
  test('the first one fixes what the label expects, but for values that are dead there and constants', () => {
    const context = contextOf(text);
    const { edges, ir } = context.g;
    const label = firstLabel(context);
    const constant =
      ir.b.find((register, at) => at < ir.count && register >= 0 && ir.isConstant[register] === 1) ?? -1;
    place(context, {
      [rax]: 0,
      [rbx]: 1,
      [rcx]: 4,
      [rdx]: 5,
      [rsi]: constant,
      [rdi]: ir.memoryBase,
      [firstXmm]: 3,
    });
    assert.equal(edges.isFixed(label), false);
    assert.equal(edges.agrees(label), true);
    assert.equal(edges.isFixed(label), true);
    place(context, { [r8]: 2 });
    edges.enter(label);
    assert.deepEqual(held(context), { [rax]: 0, [rbx]: 1, [rdi]: ir.memoryBase, [firstXmm]: 3 });
    assert.deepEqual(
      [0, 1, 2, 3].map((register) => context.g.allocation.place[register]),
      [rax, rbx, -1, firstXmm],
    );
  });

  const ways: readonly (readonly [
    name: string,
    there: Readonly<Record<number, number>>,
    here: Readonly<Record<number, number>>,
    code: readonly RegExp[],
  ])[] = [
    ['nothing to do', { [rax]: 0, [rbx]: 1 }, { [rax]: 0, [rbx]: 1 }, []],
    ['a dead value in the way', { [rax]: 0 }, { [rax]: 0, [rbx]: 4 }, []],
    ['a value in another register', { [rax]: 0 }, { [rcx]: 0 }, [/^mov rax, rcx$/]],
    ['a float in another register', { [firstXmm]: 3 }, { [firstXmm + 7]: 3 }, [/^movaps xmm0, xmm7$/]],
    [
      'two values that change places',
      { [rax]: 0, [rbx]: 1 },
      { [rax]: 1, [rbx]: 0 },
      [/^xchg r[ab]x, r[ab]x$/],
    ],
    [
      'a value that should be in its slot',
      { [rax]: 0 },
      { [rax]: 0, [rbx]: 1 },
      [/^mov qword ptr \[rbp - 0x\w+\], rbx$/],
    ],
    [
      'a value in the slot that should be in a register',
      { [rax]: 0, [rbx]: 1 },
      { [rbx]: 1 },
      [/^mov rax, qword ptr \[rbp - 0x\w+\]$/],
    ],
    [
      'one leaves the register that another wants',
      { [rax]: 1 },
      { [rax]: 0, [rbx]: 1 },
      [/^mov qword ptr \[rbp - 0x\w+\], rax$/, /^mov rax, rbx$/],
    ],
  ];
  for (const [name, there, here, code] of ways) {
    test(name, async () => {
      const context = contextOf(text);
      const { edges, allocation, frame } = context.g;
      const label = firstLabel(context);
      // Those that are in no register lie in their slots.
      for (const register of [0, 1, 2, 3]) frame.slotFor(register);
      place(context, there);
      edges.fix(label);
      place(context, here);
      const before = { ...held(context) };
      const { clean } = allocation;
      assert.equal(edges.agrees(label), code.length === 0);
      const from = context.g.asm.position;
      edges.conform(label);
      const texts = await emitted(context, from);
      assert.equal(texts.length, code.length, texts.join('\n'));
      code.forEach((pattern, k) => {
        assert.match(texts[k], pattern);
      });
      // The way that falls through goes on as it was.
      assert.deepEqual(held(context), before);
      assert.equal(allocation.clean, clean);
    });
  }

  test('a value that is saved here and counts as saved there need not be stored again', async () => {
    const context = contextOf(text);
    const { edges, allocation } = context.g;
    const label = firstLabel(context);
    place(context, { [rax]: 0 });
    allocation.save(rax);
    edges.fix(label);
    const from = context.g.asm.position;
    assert.equal(edges.agrees(label), true);
    // Not saved, where the label counts on it: it has to be.
    place(context, { [rax]: 0 });
    assert.equal(edges.agrees(label), false);
    edges.conform(label);
    assert.match((await emitted(context, from)).join(), /^mov qword ptr \[rbp - 0x\w+\], rax$/);
  });

  test("the memory's base is fetched anew where it is wanted, through the instance", async () => {
    for (const instanceThere of [true, false]) {
      const context = contextOf(text);
      const { edges, ir, frame } = context.g;
      const label = firstLabel(context);
      frame.slotFor(ir.instance);
      place(context, instanceThere ? { [rcx]: ir.memoryBase, [rdi]: ir.instance } : { [rcx]: ir.memoryBase });
      edges.fix(label);
      place(context, instanceThere ? { [rcx]: ir.instance } : {});
      const from = context.g.asm.position;
      edges.conform(label);
      const texts = await emitted(context, from);
      assert.match(texts[0], instanceThere ? /^mov rdi, rcx$/ : /^mov rcx, qword ptr \[rbp - /);
      assert.match(
        texts[1],
        instanceThere ? /^mov rcx, qword ptr \[rdi \+ / : /^mov rcx, qword ptr \[rcx \+ /,
      );
      assert.equal(texts.length, 2);
    }
  });
});
