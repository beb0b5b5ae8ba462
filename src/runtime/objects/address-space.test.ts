import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { wat } from '../modules.fixture.js';

const program = `
  import { Runtime } from ${JSON.stringify(new URL('../runtime.js', import.meta.url).href)};
  const runtime = new Runtime();
  const module = runtime.compile(Buffer.from(process.argv[1], 'base64'));
  const modes = {};
  const instances = [];
  for (let k = 0; k < Number(process.argv[2]); k++) {
    const instance = runtime.instantiate(module);
    const { store, load, grow, m } = instance.exports;
    modes[m.mode] = (modes[m.mode] ?? 0) + 1;
    store(65532, k);
    if (load(65532) !== k) throw new Error('wrong value');
    let message;
    try { load(65533); } catch (error) { message = error.message; }
    if (message !== 'out of bounds memory access') throw new Error('no trap: ' + message);
    instances.push(instance);
  }
  for (const { exports: { grow, load, store } } of instances.slice(-3)) {
    if (grow(1) !== 1) throw new Error('cannot grow');
    store(131068, 5);
    if (load(131068) !== 5) throw new Error('wrong value');
  }
  for (const instance of instances) instance.dispose();
  const again = runtime.instantiate(module);
  console.log(JSON.stringify({ ...modes, again: again.exports.m.mode }));
`;

const bytes = wat(`(module (memory (export "m") 1)
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`);

test('memories are checked by instructions where no address space is left to guard them', () => {
  const node = [
    process.execPath,
    '--input-type=module',
    '-e',
    program,
    '--',
    Buffer.from(bytes).toString('base64'),
  ];
  // Room for about ten guarded memories, beside what Node reserves for itself.
  const limited = ['bash', '-c', `ulimit -v ${(16 + 80) * 2 ** 20}; exec "$0" "$@"`, ...node, '40'];
  const output = execFileSync(limited[0], limited.slice(1), { encoding: 'utf8' });
  const { guarded, checked, again } = JSON.parse(output);
  assert.equal(guarded + checked, 40);
  assert.ok(guarded >= 2 && checked >= 10, output);
  assert.equal(again, 'guarded');
});
