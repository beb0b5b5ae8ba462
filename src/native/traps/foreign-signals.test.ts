import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { SignalFlag, StandardAction, signalCount } from '../linux/signals.js';
import { SignalAction } from '../process/signal-action.js';
import { keepHandlersOffWasmStacks } from './foreign-signals.js';

const action = new SignalAction();

/** Whether a signal has a handler, and whether that runs on the alternate stack. */
function handler(signal: number): 'none' | 'own stack' | 'any stack' | undefined {
  if (!action.read(signal)) return undefined;
  if (action.handler <= StandardAction.ignore) return 'none';
  return action.flags & SignalFlag.onStack ? 'own stack' : 'any stack';
}

test('handlers of others run on the alternate stack, those that come later too', async () => {
  const [sigpwr, sigchld] = [30, 17];
  assert.equal(handler(sigpwr), 'none');
  keepHandlersOffWasmStacks();
  for (let signal = 1; signal <= signalCount; signal++) assert.notEqual(handler(signal), 'any stack');

  const alive = setInterval(() => {}, 1000);
  const received = once(process, 'SIGPWR');
  assert.equal(handler(sigpwr), 'own stack');
  process.kill(process.pid, 'SIGPWR');
  await received;
  clearInterval(alive);

  const child = spawn(process.execPath, ['-e', '']);
  await Promise.resolve();
  assert.equal(handler(sigchld), 'own stack');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
