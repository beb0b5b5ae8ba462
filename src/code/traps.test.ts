import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap, trapMessages } from './traps.js';

describe('traps', () => {
  test('are numbered from 0, without gaps, and have different messages', () => {
    const numbers = Object.values(Trap);
    assert.deepEqual(numbers, [...numbers.keys()]);
    const messages = numbers.map((trap) => trapMessages[trap]);
    assert.equal(new Set(messages).size, messages.length);
    assert.ok(messages.every((message) => message.length > 0));
  });
});
