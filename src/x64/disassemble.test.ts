import assert from 'node:assert/strict';
import { it } from 'node:test';
import { disassemble } from './disassemble.js';

it('gives offset, length and text', async () => {
  const code = Uint8Array.of(0x90, 0x48, 0x01, 0xd8, 0xeb, 0xfb, 0xc3);
  assert.deepEqual(await disassemble(code, 1, 6), [
    { offset: 1, length: 3, text: 'add rax, rbx' },
    { offset: 4, length: 2, text: 'jmp 1' },
  ]);
});

it('shows bytes that are no instruction, and goes on behind them', async () => {
  const code = Uint8Array.of(0xc3, 0x06, 0x07, 0x90, 0x0f);
  const texts = (await disassemble(code, 0, code.length)).map(({ text }) => text);
  assert.deepEqual(texts, ['ret', '.byte 0x06', '.byte 0x07', 'nop', '.byte 0x0f']);
});

it('does not tear instructions apart in long code', async () => {
  // lea rax, [rax + 0x90909090]: its tail alone reads as NOPs.
  const lea = [0x48, 0x8d, 0x80, 0x90, 0x90, 0x90, 0x90];
  const code = Uint8Array.from(Array.from({ length: 5000 }, () => lea).flat());
  const result = await disassemble(code, 0, code.length);
  assert.equal(result.length, 5000);
  assert.ok(result.every(({ offset, length }, k) => offset === 7 * k && length === 7));
});
