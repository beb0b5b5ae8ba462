import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownChecks } from './known-checks.js';

test('what was checked as far, and of the same memory, need not be checked again', () => {
  const checks = new KnownChecks();
  assert.equal(checks.has(7, 0, 8), false);
  assert.equal(checks.has(7, 0, 8), true);
  assert.equal(checks.has(7, 0, 4), true);
  assert.equal(checks.has(7, 1, 4), false);
  assert.equal(checks.has(8, 0, 4), false);
  assert.equal(checks.has(7, 0, 2 ** 32), false);
  assert.equal(checks.has(7, 0, 2 ** 32), true);
});

test('what is forgotten is checked again', () => {
  const checks = new KnownChecks();
  for (const memory of [0, 1]) checks.has(7, memory, 8);
  checks.has(8, 0, 8);
  checks.forget(7);
  assert.deepEqual([checks.has(7, 0, 8), checks.has(7, 1, 8), checks.has(8, 0, 8)], [false, false, true]);
  checks.clear();
  assert.equal(checks.has(8, 0, 8), false);
});

test('the latest addresses are remembered', () => {
  const checks = new KnownChecks();
  for (let register = 0; register < 100; register++) checks.has(register, 0, 4);
  assert.equal(checks.has(99, 0, 4), true);
  assert.equal(checks.has(0, 0, 4), false);
});
