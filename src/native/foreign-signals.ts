import { subscribe } from 'node:diagnostics_channel';
import { func, view } from './ffi.js';
import { allocate, pageSize, release } from './pages.js';
import {
  ignoreSignal,
  saOnStack,
  sigactionFlags,
  sigactionSize,
  signalCount,
} from './process-block-layout.js';
import { isMainThread } from './threads.js';

/**
 * Signal handlers of others (Node's, libuv's, add-ons') must not run on a wasm stack: it may be nearly used up, and they
 * could not be continued where it ends. So they are made to run on the alternate stack, as ours does. The handlers
 * themselves stay as they are.
 */

const sigaction = func('sigaction', 'int', ['int', 'address', 'address']);

let watching = false;

/** Moves the handlers that are installed now to the alternate stack, and on the main thread those to come. */
export function keepHandlersOffWasmStacks(): void {
  if (watching) return;
  watching = true;
  moveHandlers();
  // Signals that JavaScript asks for are installed by Node's own listener, which runs before this one; SIGCHLD is
  // installed by libuv when a child process starts.
  if (!isMainThread()) return;
  process.on('newListener', (event) => {
    if (typeof event === 'string' && event.startsWith('SIG')) moveHandlers();
  });
  subscribe('child_process', () => queueMicrotask(moveHandlers));
}

function moveHandlers(): void {
  const action = allocate(pageSize);
  const fields = new DataView(view(action, sigactionSize));
  for (let signal = 1; signal <= signalCount; signal++) {
    if (sigaction(signal, 0, action)) continue;
    const flags = fields.getInt32(sigactionFlags, true);
    if (fields.getBigUint64(0, true) <= ignoreSignal || flags & saOnStack) continue;
    fields.setInt32(sigactionFlags, flags | saOnStack, true);
    sigaction(signal, action, 0);
  }
  release(action, pageSize);
}
