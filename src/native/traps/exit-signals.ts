import { view } from '../ffi/ffi.js';
import { largestFarewell, processData } from '../layout/process-block.js';
import { Signal } from '../linux/signals.js';
import { exitAtOnce } from '../os/exit.js';
import { handlerFlags, processBlock } from '../process/process-block.js';
import { SignalAction } from '../process/signal-action.js';
import { signalStatus } from '../x64/handlers/exit-handler.js';

const signals = [Signal.int, Signal.term];
const { offsets } = processData;

/**
 * Makes SIGINT and SIGTERM end the process at once, with status 128 + signal, whatever its threads are doing.
 * The handler is machine code: one in JavaScript would wait until the wasm code has returned.
 */
export function exitOnSignals(): void {
  const action = new SignalAction();
  action.handler = processBlock().exitHandler;
  action.flags = handlerFlags;
  for (const signal of signals) action.install(signal);
  action.free();
}

/**
 * Does something that must not be left half done: a signal that would end the process meanwhile does so
 * afterwards.
 */
export function holdExits<Result>(work: () => Result): Result {
  const { i32 } = processBlock();
  const holds = offsets.exitHolds / 4;
  Atomics.add(i32, holds, 1);
  try {
    return work();
  } finally {
    const isLast = Atomics.sub(i32, holds, 1) === 1;
    const signal = Atomics.load(i32, offsets.heldSignal / 4);
    if (isLast && signal !== 0) exitAtOnce(signalStatus + signal);
  }
}

/**
 * Sets what is written to the standard error before a signal ends the process, such as codes that restore a
 * terminal.
 */
export function setFarewell(text: string): void {
  const { i32, data } = processBlock();
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > largestFarewell) throw new RangeError('the farewell is too long');
  // None, while it is being changed.
  Atomics.store(i32, offsets.farewellLength / 4, 0);
  new Uint8Array(view(data, processData.size)).set(bytes, offsets.farewell);
  Atomics.store(i32, offsets.farewellLength / 4, bytes.length);
}
