import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Assembler } from './assembler.js';
import { Condition } from './conditions.js';
import { disassemble } from './disassemble.js';
import { X } from './instructions.js';

async function texts(asm: Assembler): Promise<string[]> {
  const code = asm.finish();
  return (await disassemble(code, 0, code.length)).map(({ offset, text }) => `${offset} ${text}`);
}

function nops(asm: Assembler, count: number): void {
  for (let k = 0; k < count; k++) asm.op(X.nop);
}

it('jumps back by one byte where that reaches, else by four', async () => {
  const shortest = -128;
  for (const [emit, text, shortLength, longLength] of [
    [(asm: Assembler, label: number) => asm.jmp(label), 'jmp', 2, 5],
    [(asm: Assembler, label: number) => asm.jcc(Condition.be, label), 'jbe', 2, 6],
  ] as const) {
    for (const distance of [0, -shortest - shortLength, -shortest - shortLength + 1, 1000]) {
      const asm = new Assembler();
      nops(asm, 3);
      const label = asm.newLabel();
      asm.bind(label);
      nops(asm, distance);
      const start = asm.position;
      emit(asm, label);
      const length = distance + shortLength <= -shortest ? shortLength : longLength;
      assert.equal(asm.position - start, length);
      assert.equal((await texts(asm)).at(-1), `${start} ${text} 3`);
    }
  }
});

it('patches every forward reference when its label is bound', async () => {
  const asm = new Assembler();
  const near = asm.newLabel();
  const far = asm.newLabel();
  asm.jmp(far);
  asm.jcc(Condition.g, near);
  asm.callLabel(far);
  asm.rl(X.movsd, 8, far);
  asm.rli(X.roundsd, 1, near, 11);
  asm.l(X.jmp, far);
  asm.bind(near);
  asm.op(X.ret);
  assert.equal(asm.labelPosition(far), -1);
  assert.throws(() => asm.finish(), /4 references to labels that are not bound/);
  asm.bind(far);
  assert.equal(asm.labelPosition(near), 41);
  assert.equal(asm.labelPosition(far), 42);
  asm.op(X.ud2);
  assert.deepEqual(await texts(asm), [
    '0 jmp 0x2a',
    '5 jg 0x29',
    '11 call 0x2a',
    '16 movsd xmm8, qword ptr [rip + 0x11]',
    '25 roundsd xmm1, qword ptr [rip + 6], 0xb',
    '35 jmp qword ptr [rip + 1]',
    '41 ret',
    '42 ud2',
  ]);
  assert.throws(() => asm.bind(far), /bound already/);
});

it('writes jump tables of labels before and behind them', () => {
  const asm = new Assembler();
  const [before, table, behind] = [asm.newLabel(), asm.newLabel(), asm.newLabel()];
  asm.op(X.nop);
  asm.bind(before);
  asm.align(4);
  assert.throws(() => asm.labelDifference32(before, table), /not bound/);
  asm.bind(table);
  asm.labelDifference32(before, table);
  asm.labelDifference32(behind, table);
  asm.int32(-2);
  asm.byte(0x1ff);
  asm.append(Uint8Array.of(1, 2));
  asm.bind(behind);
  const code = asm.finish();
  const view = new DataView(code.buffer);
  assert.deepEqual(
    [4, 8, 12].map((at) => view.getInt32(at, true)),
    [-3, 15, -2],
  );
  assert.deepEqual([...code.subarray(16)], [0xff, 1, 2]);
});

it('pads with as few NOPs as it can', async () => {
  for (let padding = 0; padding < 32; padding++) {
    const asm = new Assembler();
    nops(asm, 32 - padding);
    asm.align(32);
    assert.equal(asm.position, 32);
    const code = asm.finish();
    const tail = await disassemble(code, 32 - padding, 32);
    assert.equal(tail.length, Math.ceil(padding / 9));
    assert.ok(tail.every(({ text }) => text.startsWith('nop')));
  }
});

it('grows under every kind of write', () => {
  const writes: readonly ((asm: Assembler) => void)[] = [
    (asm) => asm.byte(7),
    (asm) => asm.int32(0x01020304),
    (asm) => asm.append(Uint8Array.from({ length: 100 }, (_, k) => k)),
    (asm) => asm.op(X.rep_movsq),
    (asm) => asm.rr(X.add64, 8, 9),
    (asm) => asm.rrr(X.shlx64, 8, 9, 10),
    (asm) => asm.mix(X.mov64, 12, 13, 3, 0x12345678, 0x12345678),
    (asm) => asm.rmi(X.roundsd, 9, 13, 0x12345678, 8),
    (asm) => asm.movImm(9, 0x12345678, 0x12345678),
  ];
  for (const write of writes) {
    const asm = new Assembler();
    write(asm);
    const once = asm.finish();
    const count = Math.ceil(200_000 / once.length);
    for (let k = 1; k < count; k++) write(asm);
    const repeated = Buffer.alloc(count * once.length, once);
    assert.equal(Buffer.compare(asm.finish(), repeated), 0);
  }
});

it('grows under references to labels', () => {
  const writes: readonly ((asm: Assembler, label: number) => void)[] = [
    (asm, label) => asm.jmp(label),
    (asm, label) => asm.jcc(Condition.e, label),
    (asm, label) => asm.callLabel(label),
    (asm, label) => asm.rl(X.movsd, 9, label),
    (asm, label) => asm.l(X.call, label),
  ];
  for (const write of writes) {
    for (let start = 65_500; start < 65_560; start++) {
      const asm = new Assembler();
      const [zero, end] = [asm.newLabel(), asm.newLabel()];
      asm.bind(zero);
      for (let k = 0; k < start; k++) asm.byte(0);
      write(asm, zero);
      const middle = asm.position;
      write(asm, end);
      asm.bind(end);
      const code = asm.finish();
      const view = new DataView(code.buffer);
      assert.equal(view.getInt32(middle - 4, true), -middle);
      assert.equal(view.getInt32(asm.position - 4, true), 0);
    }
  }
});

it('starts over with reset, for many labels', async () => {
  const asm = new Assembler();
  for (let round = 0; round < 3; round++) {
    asm.reset();
    const labels = Array.from({ length: 1000 }, () => asm.newLabel());
    assert.deepEqual([labels[0], labels[999]], [0, 999]);
    for (const label of labels) asm.jmp(label);
    for (const label of labels) {
      asm.bind(label);
      asm.op(X.nop);
    }
    const code = asm.finish();
    const view = new DataView(code.buffer);
    for (let k = 0; k < 1000; k++) {
      assert.equal(view.getInt32(5 * k + 1, true) + 5 * (k + 1), 5000 + k);
    }
  }
});
