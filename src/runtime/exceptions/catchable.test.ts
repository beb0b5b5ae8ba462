import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { ProcExit } from '../../wasi/proc-exit.js';
import { DisposedError } from '../errors.js';
import { TrapInFlight } from '../traps/activations.js';
import { TrapError } from '../traps/trap-error.js';
import { isCatchable, markUncatchable } from './catchable.js';

function exhausted(): unknown {
  const deeper = (): number => deeper() + 1;
  try {
    return deeper();
  } catch (error) {
    return error;
  }
}

/** Fails where it is asked anything. */
const suspicious = new Proxy(new Error('proxy'), {
  get: () => assert.fail('the proxy was asked'),
  getOwnPropertyDescriptor: () => assert.fail('the proxy was asked'),
  getPrototypeOf: () => assert.fail('the proxy was asked'),
  has: () => assert.fail('the proxy was asked'),
});

const uncatchable: Readonly<Record<string, unknown>> = {
  'the signal of a trap': new TrapSignal(Trap.unreachable),
  'a trap on its way': new TrapInFlight(Trap.unreachable, []),
  'the error of a trap': new TrapError(Trap.unreachable),
  proc_exit: new ProcExit(0),
  'the use of what is gone': new DisposedError('it'),
  'a fault of the runtime': new Error('internal error: no lowering'),
  'the end of the stack': exhausted(),
  'what was marked': markUncatchable(new RangeError('marked')),
};

const catchable: Readonly<Record<string, unknown>> = {
  'an error': new Error('plain'),
  'a range error': new RangeError('out of range'),
  null: null,
  undefined: undefined,
  'a number': 5,
  'a text': 'internal error',
  'an object with a message': { message: 'internal error: not really' },
  'an error with a message that is not its own': Object.create(new Error('internal error')),
  'an error whose message is a getter': Object.defineProperty(new Error(), 'message', {
    get: () => assert.fail('the getter was called'),
  }),
  'a proxy': suspicious,
};

describe('what wasm code may catch', () => {
  for (const [name, value] of Object.entries(catchable)) test(name, () => assert.ok(isCatchable(value)));
});

describe('what wasm code may not catch', () => {
  for (const [name, value] of Object.entries(uncatchable)) test(name, () => assert.ok(!isCatchable(value)));
});
