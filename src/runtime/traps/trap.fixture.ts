import assert from 'node:assert/strict';
import { TrapError } from './trap-error.js';

/** The trap in which a piece of work ends; anything else is a failure. */
export function trapOf(work: () => unknown): TrapError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof TrapError, String(error));
    return error;
  }
  return assert.fail('it did not trap');
}
