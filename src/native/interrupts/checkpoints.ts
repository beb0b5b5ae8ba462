import type { Address } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { newReference, placeFunction } from '../node-api/node-api.js';
import { processBlock } from '../process/process-block.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitCheckpoint } from '../x64/stubs/checkpoint.js';
import { ThreadTimer, TimerClock } from './thread-timer.js';

/** Milliseconds of the thread's processor time between two checkpoints. */
export const checkpointInterval = 20;

/**
 * Gives V8 its turn while machine code runs for long. The code that V8 makes looks for requests of other
 * threads: to terminate (`worker.terminate()`, `process.exit()` of the main thread, the `timeout` of
 * `node:vm`), to collect garbage, to serve the inspector or Node itself. Ours does not. So a timer interrupts
 * it regularly (`checkpoint-handler.ts`) and calls an empty JavaScript function, and V8 handles the requests
 * on its way into that. If V8 terminates the thread, the wasm code is left, and V8 ends the JavaScript that
 * has called it, without `catch` and `finally`.
 *
 * The timer counts the processor time of the thread, so it does not disturb a thread that waits.
 */
export const startCheckpoints: () => void = lazy(() => {
  if (!areWanted) return;
  const timer = makeTimer(makeCheckpoint(() => {}));
  timer.start(checkpointInterval);
});

let areWanted = true;

/**
 * For threads that nobody asks anything while they run wasm code. Checkpoints take half a millisecond to set
 * up.
 */
export function doWithoutCheckpoints(): void {
  areWanted = false;
}

function makeTimer(value: Address): ThreadTimer {
  const options = {
    handler: processBlock().checkpointHandler,
    restartsCalls: true,
    repetition: checkpointInterval,
    // See `checkpoint-handler.ts`.
    blocksSignals: true,
    isOwned: true,
    value,
  };
  try {
    return new ThreadTimer({ ...options, clock: TimerClock.threadTime });
  } catch {
    // Kernels may lack it.
    return new ThreadTimer({ ...options, clock: TimerClock.monotonic });
  }
}

/** Makes a thread's checkpoint: see `emitCheckpoint`. It calls `callback`. */
export function makeCheckpoint(callback: () => void): Address {
  const reference = newReference(callback);
  return placeFunction(assemble((a) => emitCheckpoint(a, reference)));
}
