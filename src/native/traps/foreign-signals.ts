import { subscribe } from 'node:diagnostics_channel';
import { SignalFlag, StandardAction, signalCount } from '../linux/signals.js';
import { SignalAction } from '../process/signal-action.js';
import { isMainThread } from '../process/threads.js';

/**
 * Signal handlers of others (Node's, libuv's, add-ons') must not run on a wasm stack: it may be nearly used
 * up, and they could not be continued where it ends. So they are made to run on the alternate stack, as ours
 * does. The handlers themselves stay as they are.
 */

let watching = false;

/** Moves the handlers that are installed now to the alternate stack, and on the main thread those to come. */
export function keepHandlersOffWasmStacks(): void {
  if (watching) return;
  watching = true;
  moveHandlers();
  // Node's own listener, which runs before this one, installs the signals that JavaScript asks for. libuv
  // installs SIGCHLD when a child process starts.
  if (!isMainThread()) return;
  process.on('newListener', (event) => {
    if (typeof event === 'string' && event.startsWith('SIG')) moveHandlers();
  });
  subscribe('child_process', () => queueMicrotask(moveHandlers));
}

function moveHandlers(): void {
  const action = new SignalAction();
  for (let signal = 1; signal <= signalCount; signal++) {
    if (!action.read(signal) || action.handler <= StandardAction.ignore) continue;
    if (action.flags & SignalFlag.onStack) continue;
    action.flags |= SignalFlag.onStack;
    action.install(signal);
  }
  action.free();
}
