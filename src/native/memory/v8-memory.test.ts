import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { wasmPageSize } from '../../wasm/limits.js';
import { ArrayBufferMemory } from './array-buffer-memory.js';
import { V8Memory } from './v8-memory.js';

/** ArrayBuffer.prototype.transfer, where Node has it. */
const transfer = Reflect.get(ArrayBuffer.prototype, 'transfer') as
  | ((this: ArrayBuffer) => ArrayBuffer)
  | undefined;

test('nobody can take the bytes of a V8 memory', () => {
  const memory = V8Memory.create({ minPages: 1 });
  assert.ok(memory instanceof V8Memory);
  const { buffer } = memory;
  // Node 20 makes a copy instead.
  for (const take of [() => structuredClone(buffer, { transfer: [buffer] }), () => transfer?.call(buffer)]) {
    try {
      take();
    } catch (error) {
      assert.match((error as Error).name, /^(DataCloneError|TypeError)$/);
    }
    assert.equal(memory.buffer, buffer);
    assert.equal(buffer.byteLength, wasmPageSize);
  }
  memory.dispose();
});

test('who takes the bytes of an ArrayBuffer leaves zeros', () => {
  const memory = new ArrayBufferMemory({ minPages: 1 });
  new Uint8Array(memory.buffer).fill(5);
  const taken = new Uint8Array(structuredClone(memory.buffer, { transfer: [memory.buffer] }));
  assert.equal(memory.grow(1), 1);
  assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0));
  assert.ok(taken.every((byte) => byte === 5));
  structuredClone(memory.buffer, { transfer: [memory.buffer] });
  assert.equal(memory.buffer.byteLength, 2 * wasmPageSize);
  memory.dispose();
});

/** Runs a script in which `V8Memory` and `ArrayBufferMemory` are there, and returns what it prints. */
function run(script: string, options: readonly string[] = [], ulimit = ''): string {
  const program = `
    import { ArrayBufferMemory } from ${JSON.stringify(new URL('./array-buffer-memory.js', import.meta.url).href)};
    import { V8Memory } from ${JSON.stringify(new URL('./v8-memory.js', import.meta.url).href)};
    ${script}`;
  const node = [process.execPath, ...options, '--input-type=module', '-e', program];
  return execFileSync('sh', ['-c', `${ulimit} exec "$0" "$@"`, ...node], { encoding: 'utf8' }).trim();
}

test('where V8 has no address space left, memories are ArrayBuffers, until one is disposed of', () => {
  const output = run(`
    const memories = [];
    let ofV8 = 0;
    for (; memories.length < 20000; ) {
      const memory = V8Memory.create({ minPages: 1 });
      memories.push(memory);
      if (memory instanceof V8Memory) ofV8++;
      new Uint8Array(memory.buffer)[7] = 1;
    }
    const last = memories.at(-1);
    console.log(ofV8 > 10000 && ofV8 < 17000 ? 'as expected' : ofV8, last instanceof ArrayBufferMemory, last.grow(1));
    for (let k = 0; k < 100; k++) memories[k].dispose();
    memories.splice(0, 100);
    console.log(V8Memory.create({ minPages: 1 }) instanceof V8Memory);
  `);
  assert.equal(output, 'as expected true 1\ntrue');
});

test('without WebAssembly in V8 memories are ArrayBuffers', () => {
  const output = run(
    `
    const memory = V8Memory.create({ minPages: 1, maxPages: 2 });
    console.log(typeof WebAssembly, memory instanceof ArrayBufferMemory, memory.grow(1), memory.grow(1));
  `,
    ['--jitless'],
  );
  assert.equal(output, 'undefined true 1 -1');
});

test('a limit of address space is met by an error that says so', () => {
  const script = `
    const memory = V8Memory.create({ minPages: 16 });
    let error;
    try {
      V8Memory.create({ minPages: 65536 });
    } catch (caught) {
      error = caught;
    }
    console.log(memory.grow(65000), String(error));
  `;
  // Node itself reserves about 1 GiB.
  const output = run(script, [], 'ulimit -v 4000000;');
  assert.equal(output, '-1 RangeError: no memory is left for 65536 pages of 64 KiB');
});

test('machine code may rely on the guard pages of V8, where there are any', () => {
  const script = `
    const { V8Memory } = await import(${JSON.stringify(new URL('v8-memory.js', import.meta.url).href)});
    const memory = V8Memory.create({ minPages: 1, mode: 'guarded' });
    console.log(memory.mode, V8Memory.create({ minPages: 1 }).mode, V8Memory.create({ minPages: 1, mode: 'checked' }).mode);
    const base = memory.base;
    memory.grow(3);
    if (memory.mode === 'guarded' && memory.base !== base) console.log('moved');`;
  const run = (...flags: string[]): string =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(run(), 'guarded checked checked\n');
  const flag = '--disable-wasm-trap-handler';
  if (process.allowedNodeEnvironmentFlags.has(flag)) assert.equal(run(flag), 'checked checked checked\n');
});
