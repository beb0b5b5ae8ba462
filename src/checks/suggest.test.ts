import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggestion } from './suggest.js';

const known = ['run', 'compile', 'inspect', '--tier', '--timeout', '--tier-report', '--env'];

test('the nearest known name is suggested, if it is near', () => {
  for (const [name, expected] of [
    ['ispect', 'inspect'],
    ['complie', 'compile'],
    ['rnu', 'run'],
    ['--teir', '--tier'],
    ['--time-out', '--timeout'],
    ['--tierreport', '--tier-report'],
    ['--Env', '--env'],
  ]) {
    assert.equal(suggestion(name, known), `, did you mean ${expected}?`, name);
  }
});

test('what is not near is not suggested', () => {
  for (const name of ['walk', 'x', '', '--', '--fly', 'ab', 'decompile it']) {
    assert.equal(suggestion(name, known), '', name);
  }
  assert.equal(suggestion('anything', []), '');
});
