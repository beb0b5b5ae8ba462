import { exitAtOnce } from './exit.js';
import { signalStatus } from './exit-handler.js';
import { func, view } from './ffi.js';
import { allocate, fail, pageSize, release } from './pages.js';
import { processBlock } from './process-block.js';
import * as layout from './process-block-layout.js';

/** SIGINT and SIGTERM. */
const signals = [2, 15];

/**
 * Has the signals that users end programs with end the process at once, with status 128 + signal, whatever its threads are
 * doing: the handler is machine code, for JavaScript's would wait until the wasm code has returned.
 */
export function exitOnSignals(): void {
  const { exitHandler } = processBlock();
  const sigaction = func('sigaction', 'int', ['int', 'address', 'address']);
  const action = allocate(pageSize);
  const fields = new DataView(view(action, layout.sigactionSize));
  fields.setBigUint64(0, BigInt(exitHandler), true);
  fields.setInt32(layout.sigactionFlags, layout.handlerFlags, true);
  for (const signal of signals) if (sigaction(signal, action, 0)) fail('install a signal handler');
  release(action, pageSize);
}

/** Does something that is not to be left half done: a signal that would end the process does so afterwards. */
export function holdExits<Result>(work: () => Result): Result {
  const { i32 } = processBlock();
  const holds = layout.exitHolds / 4;
  Atomics.add(i32, holds, 1);
  try {
    return work();
  } finally {
    const isLast = Atomics.sub(i32, holds, 1) === 1;
    const signal = Atomics.load(i32, layout.heldSignal / 4);
    if (isLast && signal !== 0) exitAtOnce(signalStatus + signal);
  }
}

/** What is written to the standard error before a signal ends the process, such as what brings a terminal back in order. */
export function setFarewell(text: string): void {
  const { i32, data } = processBlock();
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > layout.largestFarewell) throw new RangeError('the farewell is too long');
  // None, while it is being changed.
  Atomics.store(i32, layout.farewellLength / 4, 0);
  new Uint8Array(view(data, layout.dataSize)).set(bytes, layout.farewell);
  Atomics.store(i32, layout.farewellLength / 4, bytes.length);
}
