import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { InterruptWord } from '../../layout/exec-env.js';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { funcType, newExecEnv, place, record } from '../entry/machine-code.fixture.js';
import { lastRealTimeSignal } from '../linux/signals.js';
import { hasDeadline, interruptWords, isInterrupted, throwIfInterrupted } from './interrupts.js';
import { withDeadline } from './limits.js';

const { rax, rbp, rsp } = Gpr;
const none = funcType([]);

function waitForDeadline(): void {
  while (!isInterrupted());
}

test('a deadline ends a loop in machine code, wherever the loop is', () => {
  const env = newExecEnv();
  const stub = env.entryStub(none);
  const loop = place(env, (a) => {
    const again = a.newLabel();
    a.r(X.push, rbp);
    a.rr(X.mov64, rbp, rsp);
    a.bind(again);
    a.ri(X.add64, rax, 1);
    a.jmp(again);
  });
  for (let round = 0; round < 20; round++) {
    // The time may be over before the loop is entered, or in the entry stub.
    for (let milliseconds = round / 4; ; milliseconds++) {
      assert(milliseconds < 200);
      const trap = withDeadline(milliseconds, () => env.enter(stub, record(loop)));
      assert.equal(trap, Trap.interrupted);
      if (env.trapPc >= loop && env.trapPc < loop + 32) break;
    }
  }
  env.dispose();
});

test('after a deadline nothing is entered, and nothing is left of the one before', () => {
  const env = newExecEnv();
  const stub = env.entryStub(none);
  const fine = record(place(env, (a) => a.op(X.ret)));
  const fault = record(place(env, (a) => a.op(X.ud2)));
  env.enter(stub, fault);
  withDeadline(3_600_000, () => assert.equal(env.enter(stub, fine), Trap.none));
  withDeadline(1, () => {
    while (interruptWords()[InterruptWord.trap] === Trap.none);
    assert.equal(interruptWords()[InterruptWord.trap], Trap.interrupted);
    assert.equal(env.enter(stub, fine), Trap.interrupted);
    assert.deepEqual([...env.frames(() => false)], []);
  });
  assert.equal(interruptWords()[InterruptWord.trap], Trap.none);
  assert.equal(env.enter(stub, fine), Trap.none);
  env.dispose();
});

test('machine code does not go on behind a callback in which the deadline has passed', () => {
  const env = newExecEnv({
    onHostCall: () => {
      while (interruptWords()[InterruptWord.trap] === Trap.none);
    },
  });
  const stub = env.entryStub(none);
  const call = record(env.hostStub(none, 0));
  assert.equal(
    withDeadline(1, () => env.enter(stub, call)),
    Trap.interrupted,
  );
  env.dispose();
});

test('there is a deadline only while there is one', () => {
  assert.equal(hasDeadline(), false);
  assert.equal(isInterrupted(), false);
  throwIfInterrupted();
  withDeadline(0, () => {
    assert(hasDeadline());
    waitForDeadline();
    assert.throws(
      throwIfInterrupted,
      (error) => error instanceof TrapSignal && error.trap === Trap.interrupted,
    );
  });
  assert.throws(() => withDeadline(0, () => assert.fail('thrown')), /thrown/);
  assert.equal(hasDeadline(), false);
  throwIfInterrupted();
});

test('of nested deadlines the earlier one counts', () => {
  withDeadline(3_600_000, () => {
    withDeadline(0, waitForDeadline);
    assert.equal(isInterrupted(), false);
    assert(hasDeadline());
  });
  withDeadline(0, () => {
    waitForDeadline();
    withDeadline(3_600_000, () => assert(isInterrupted()));
    assert(isInterrupted());
  });
});

test('the signal means nothing where somebody else sends it', () => {
  withDeadline(0, waitForDeadline);
  process.kill(process.pid, lastRealTimeSignal);
  assert.equal(interruptWords()[InterruptWord.trap], Trap.none);
});
