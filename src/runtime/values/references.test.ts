import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Externrefs } from './references.js';

test('the same value has the same handle, and null is 0', () => {
  const externrefs = new Externrefs(() => false);
  const object = {};
  const handle = externrefs.handle(object);
  assert.equal(externrefs.handle(object), handle);
  assert.equal(externrefs.value(handle), object);
  assert.equal(externrefs.handle(null), 0);
  assert.equal(externrefs.value(0), null);
});

test('every value survives the way there and back', () => {
  const externrefs = new Externrefs(() => false);
  const values = [undefined, 0, -0, Number.NaN, '', 'x', 1n, true, Symbol('s'), () => {}, new Map()];
  const handles = values.map((value) => externrefs.handle(value));
  assert.equal(new Set(handles).size, values.length);
  for (const [k, handle] of handles.entries()) assert.ok(Object.is(externrefs.value(handle), values[k]));
});

test('handles that no table or global holds are used again', () => {
  const externrefs = new Externrefs(() => false);
  const held = {};
  const heldHandle = externrefs.handle(held);
  externrefs.addHolder({ visitHandles: (visit) => visit(heldHandle) });
  const other = externrefs.handle({});
  externrefs.collect();
  assert.equal(externrefs.count, 1);
  assert.equal(externrefs.value(heldHandle), held);
  assert.equal(externrefs.handle({}), other);
});

test('a safe point collects when there are many, but never under running code', () => {
  let busy = true;
  const externrefs = new Externrefs(() => busy);
  for (let k = 0; k < 10_000; k++) externrefs.handle({});
  externrefs.safePoint();
  assert.equal(externrefs.count, 10_000);
  busy = false;
  externrefs.safePoint();
  assert.equal(externrefs.count, 0);
});
