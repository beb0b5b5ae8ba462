import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CompileError } from '../../wasm/errors.js';
import { DisposedError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import { finishInSlices } from './slices.js';

const bytes = wat('(module (func (export "f") (result i32) (i32.const 42)))');
const runtime = new Runtime({ tier: 'fast' });
after(() => runtime.dispose());

async function resultOf(source: Parameters<Runtime['compileAsync']>[0]): Promise<unknown> {
  const module = await runtime.compileAsync(source, { eager: true });
  return runtime.instantiate<{ f(): number }>(module).exports.f();
}

test('others get their turn between slices, and work that may not go on is cleaned up', async () => {
  let turns = 0;
  let isCleanedUp = false;
  function* endless(): Generator<void, never> {
    try {
      for (;;) yield;
    } finally {
      isCleanedUp = true;
    }
  }
  const reason = new Error('enough');
  const work = finishInSlices(endless(), () => {
    if (turns >= 3) throw reason;
  });
  const count = (): void => {
    turns++;
    if (turns < 3) setImmediate(count);
  };
  setImmediate(count);
  await assert.rejects(work, (error) => error === reason);
  assert.ok(isCleanedUp && turns === 3);
});

test('bytes come from views, buffers, responses, blobs and promises of these', async () => {
  const copy = Uint8Array.from(bytes);
  const work = resultOf(copy);
  copy.fill(0);
  assert.equal(await work, 42);
  assert.equal(await resultOf(Uint8Array.from(bytes).buffer), 42);
  assert.equal(await resultOf(new Response(Uint8Array.from(bytes))), 42);
  assert.equal(await resultOf(Promise.resolve(new Blob([Uint8Array.from(bytes)]))), 42);
});

test('what fails rejects', async () => {
  await assert.rejects(runtime.compileAsync(bytes.subarray(0, 9)), CompileError);
  await assert.rejects(
    runtime.compileAsync(new Response('no', { status: 404 })),
    /a Response with status 404/,
  );
  await assert.rejects(runtime.compileAsync('module.wasm' as never), /read the file first/);
  await assert.rejects(runtime.compileAsync(Promise.reject(new Error('mine'))), /^Error: mine$/);
  const other = new Runtime({ tier: 'fast' });
  const late = other.compileAsync(bytes);
  other.dispose();
  await assert.rejects(late, DisposedError);
});

test('a signal gives up, also while the source is awaited, and leaves nothing behind', async () => {
  const before = runtime.store.modules.size;
  const reason = new Error('given up');
  const signal = AbortSignal.abort(reason);
  const isReason = (error: unknown): boolean => error === reason;
  await assert.rejects(runtime.compileAsync(bytes, { signal }), isReason);
  const controller = new AbortController();
  const waiting = runtime.compileAsync(new Promise<Uint8Array>(() => {}), { signal: controller.signal });
  const compiling = runtime.compileAsync(bytes, { signal: controller.signal, eager: true });
  controller.abort(reason);
  await assert.rejects(waiting, isReason);
  await assert.rejects(compiling, isReason);
  assert.equal(runtime.store.modules.size, before);
});
