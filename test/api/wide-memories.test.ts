import assert from 'node:assert/strict';
import { test } from 'node:test';
import { own } from '../../src/api/outcomes.fixture.js';
import { WebAssembly } from '../../src/api/web-assembly.js';
import { hasWide } from '../../src/native/memory/v8-memory.js';
import { suiteBinaryOf } from '../spec/suite-parser.js';

/** V8's engine runs it: ours has no structures. */
const theirs = await suiteBinaryOf({
  form: 'text',
  text: `(module (type $s (struct)) (import "m" "memory" (memory i64 1 5))
    (func (result (ref $s)) (struct.new $s))
    (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0))))`,
});
const ours = await suiteBinaryOf({
  form: 'text',
  text: '(module (import "m" "memory" (memory i64 1 5)) (func (export "size") (result i64) (memory.size)))',
});

test('a module on V8s engine has a 64-bit memory in common with ours', {
  skip: !hasWide() || !own.validate(theirs),
}, () => {
  const { Memory, Module, Instance } = WebAssembly;
  const memory = new Memory({ initial: 1n, maximum: 5n, address: 'i64' } as never);
  new Uint8Array(memory.buffer)[7] = 3;
  const exportsOf = (bytes: Uint8Array): Record<string, (...args: bigint[]) => unknown> =>
    new Instance(new Module(bytes), { m: { memory } }).exports as never;
  const { size } = exportsOf(ours);
  const { load } = exportsOf(theirs);
  assert.equal(load(7n), 3);
  assert.equal(memory.grow(1n), 1n);
  new Uint8Array(memory.buffer)[65536] = 4;
  assert.deepEqual([load(65536n), size()], [4, 2n]);
});
