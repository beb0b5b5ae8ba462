import { Errno, fail } from './errno.js';
import { ProcExit } from './proc-exit.js';
import type { WasiFunctions, WasiState } from './state.js';

/**
 * WASI's signals by number: what happens to a program that raises one without a handler, which WASI programs
 * cannot have.
 */
const signals = (
  'ignored ends ends ends ends ends ends ends ends ends ends ends ends ignored ends ends ignored ignored ' +
  'stops stops stops stops ignored ends ends ends ends ignored ends ends ends'
).split(' ');

/** The first signal whose number differs in Linux, which has one more before it. */
const firstShifted = 16;

/** Exit code of a program ended by a signal, as a shell shows it. */
function endedBy(signal: number): number {
  return 128 + (signal < firstShifted ? signal : signal + 1);
}

function raise(signal: number): void {
  if (signal >= signals.length) fail(Errno.inval);
  // A program cannot stop the process that it runs in.
  if (signals[signal] === 'stops') fail(Errno.notsup);
  if (signals[signal] === 'ends') throw new ProcExit(endedBy(signal));
}

/** Arguments, environment, clocks, random numbers and the process itself. */
export function processFunctions({ memory, args, environ, host }: WasiState): WasiFunctions {
  return {
    args_get: (pointers: number, buffer: number) => args.write(memory, pointers, buffer),
    args_sizes_get: (countAt: number, sizeAt: number) => args.writeSizes(memory, countAt, sizeAt),
    environ_get: (pointers: number, buffer: number) => environ.write(memory, pointers, buffer),
    environ_sizes_get: (countAt: number, sizeAt: number) => environ.writeSizes(memory, countAt, sizeAt),
    clock_res_get: (clock: number, resultAt: number) => {
      memory.check(resultAt, 8);
      memory.setU64(resultAt, host.clockResolution(clock));
    },
    clock_time_get: (clock: number, _precision: bigint, resultAt: number) => {
      memory.check(resultAt, 8);
      memory.setU64(resultAt, host.clockTime(clock));
    },
    random_get: (buffer: number, length: number) => {
      memory.check(buffer, length);
      host.fillRandom(memory, buffer, length);
    },
    sched_yield: () => host.yield(),
    proc_exit: (code: number) => {
      throw new ProcExit(code);
    },
    proc_raise: raise,
  };
}
