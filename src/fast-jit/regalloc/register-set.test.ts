import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  firstFloat,
  has,
  highest,
  isFloatRegister,
  lowest,
  members,
  noRegisters,
  numberInClass,
  only,
  onlyIfAny,
  population,
  registerCount,
  setOf,
  withoutLowest,
} from './register-set.js';

describe('sets of machine registers', () => {
  test('the lowest and the highest are found, that of the sign bit too', () => {
    for (let low = 0; low < registerCount; low++) {
      for (let high = low; high < registerCount; high++) {
        const set = only(low) | only(high);
        assert.deepEqual([lowest(set), highest(set)], [low, high]);
        assert.equal(population(set), low === high ? 1 : 2);
        assert.equal(withoutLowest(set), low === high ? noRegisters : only(high));
      }
    }
  });

  test('a set has the members that it was made of', () => {
    const registers = [0, 3, 15, 16, 31];
    const set = setOf(registers);
    assert.deepEqual(members(set), registers);
    for (let register = 0; register < registerCount; register++) {
      assert.equal(has(set, register), registers.includes(register));
    }
    assert.deepEqual(members(noRegisters), []);
    assert.equal(onlyIfAny(-1), noRegisters);
    assert.equal(onlyIfAny(5), only(5));
  });

  test('registers have a class and a number in it', () => {
    for (let register = 0; register < registerCount; register++) {
      assert.equal(isFloatRegister(register), register >= firstFloat);
      assert.equal(numberInClass(register) + (isFloatRegister(register) ? firstFloat : 0), register);
    }
  });
});
