import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configureWebAssembly } from './agent.js';
import { own } from './outcomes.fixture.js';
import { WebAssembly } from './web-assembly.js';

configureWebAssembly({ fallback: 'none' });

// (type (struct))
const struct = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 3, 1, 0x5f, 0);
// (memory 1 1 shared)
const shared = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1);

test('without a fallback, features that are missing are named', async () => {
  for (const [bytes, message] of [
    [struct, /unsupported feature: garbage collection/],
    [shared, /unsupported feature: threads/],
  ] as const) {
    const expected = { name: 'CompileError', message };
    assert.ok(!WebAssembly.validate(bytes));
    assert.throws(() => new WebAssembly.Module(bytes), expected);
    await assert.rejects(WebAssembly.compile(bytes), expected);
    await assert.rejects(WebAssembly.instantiate(bytes), expected);
  }
  const expected = { name: 'TypeError', message: /unsupported feature: garbage collection \(anyref\)/ };
  assert.throws(() => new WebAssembly.Global({ value: 'anyref' as never }), expected);
  assert.throws(() => new WebAssembly.Table({ element: 'anyref' as never, initial: 1 }), expected);
  const descriptor = { initial: 1, maximum: 1, shared: true };
  assert.throws(() => new WebAssembly.Memory(descriptor), { name: 'TypeError', message: /threads/ });
});

test('without a fallback, objects of V8s engine are none of the API', () => {
  const module = new own.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  assert.throws(() => new WebAssembly.Instance(module), TypeError);
  assert.ok(!(module instanceof WebAssembly.Module));
});

test('it is one of two', () => {
  assert.throws(
    () => configureWebAssembly({ fallback: 'v9' as never }),
    /fallback must be one of "v8", "none"/,
  );
});
