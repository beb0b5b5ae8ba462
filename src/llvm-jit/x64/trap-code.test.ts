import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap, trapMessages } from '../../code/traps.js';
import { linkObject } from '../elf/link.js';
import { llvms } from '../elf/llvm.fixture.js';
import { x64Elf } from './elf-machine.js';
import { trapCodeLength, trapOfCode } from './trap-code.js';

const traps = Object.values(Trap).filter((trap) => trap !== Trap.none);

describe('the instruction that a trap is says which trap it is', () => {
  for (const llvm of llvms) {
    test(`LLVM ${llvm.version}`, () => {
      const functions = traps.map(
        (trap) => `define void @t${trap}() { call void @llvm.ubsantrap(i8 ${trap}) unreachable }`,
      );
      const object = llvm.compile(`${functions.join('\n')}\ndeclare void @llvm.ubsantrap(i8)`);
      const { bytes, functions: symbols } = linkObject(object, () => undefined, x64Elf);
      for (const trap of traps) {
        const symbol = symbols.find(({ name }) => name === `t${trap}`);
        assert.ok(symbol !== undefined);
        assert.equal(trapOfCode(bytes.subarray(symbol.offset)), trap, trapMessages[trap]);
      }
    });
  }
});

test('other instructions are no traps', () => {
  const code = [0x67, 0x0f, 0xb9, 0x40, Trap.unreachable];
  assert.equal(trapOfCode(Uint8Array.from(code)), Trap.unreachable);
  assert.equal(trapCodeLength, code.length);
  for (let k = 0; k < 4; k++) {
    assert.equal(trapOfCode(Uint8Array.from(code.with(k, code[k] ^ 1))), undefined);
  }
  assert.equal(trapOfCode(Uint8Array.from(code.slice(0, 4))), undefined);
  for (const kind of [Trap.none, 200, 255]) {
    assert.equal(trapOfCode(Uint8Array.from(code.with(4, kind))), undefined);
  }
});
