import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompileError, invalid, malformed, UnsupportedError, unsupported } from './errors.js';

test('a message says what is wrong, then where', () => {
  const error = invalid('type mismatch: i32.add expected i32, found i64', 0x1a3);
  assert.equal(error.message, 'type mismatch: i32.add expected i32, found i64 (at offset 0x1a3)');
  assert.equal(error.detail, 'type mismatch: i32.add expected i32, found i64');
  assert.equal(error.malformed, false);
  const named = error.inFunction(12, 'main');
  assert.equal(named.message, `${error.detail} in function 12 "main" (at offset 0x1a3)`);
  assert.equal(error.inFunction(3, undefined).message, `${error.detail} in function 3 (at offset 0x1a3)`);
  assert.deepEqual([named.offset, named.functionIndex, named.functionName], [0x1a3, 12, 'main']);
});

test('malformed modules are told from invalid ones', () => {
  assert.equal(malformed('unexpected end', 8).malformed, true);
  assert.equal(malformed('unexpected end', 8).inFunction(0, undefined).malformed, true);
});

test('unsupported features keep their name', () => {
  const error = unsupported('tail calls', 'opcode 0x12', 0x40).inFunction(1, 'loop');
  assert.ok(error instanceof UnsupportedError);
  assert.ok(error instanceof CompileError);
  assert.equal(error.name, 'UnsupportedError');
  assert.equal(error.feature, 'tail calls');
  assert.equal(
    error.message,
    'unsupported feature: tail calls: opcode 0x12 in function 1 "loop" (at offset 0x40)',
  );
});

test('a name cannot forge lines of a message, or fill it', () => {
  const error = invalid('type mismatch', 1).inFunction(0, `f\n    at \u202eg${'x'.repeat(1000)}`);
  assert.match(
    error.message,
    /^type mismatch in function 0 "f\\u\{a\} {4}at \\u\{202e\}gx{189}… \(1011 characters\)" \(at offset 0x1\)$/,
  );
  // The property is what the module says.
  assert.equal(error.functionName?.length, 1011);
});
