import { clockResolution, clockTime } from './clocks.js';
import { ProcExit } from './proc-exit.js';
import { fillRandom } from './random.js';
import type { WasiFunctions, WasiState } from './state.js';

/** Arguments, environment, clocks, random numbers and the process itself. */
export function processFunctions({ memory, args, environ }: WasiState): WasiFunctions {
  return {
    args_get: (pointers: number, buffer: number) => args.write(memory, pointers, buffer),
    args_sizes_get: (countAt: number, sizeAt: number) => args.writeSizes(memory, countAt, sizeAt),
    environ_get: (pointers: number, buffer: number) => environ.write(memory, pointers, buffer),
    environ_sizes_get: (countAt: number, sizeAt: number) => environ.writeSizes(memory, countAt, sizeAt),
    clock_res_get: (clock: number, resultAt: number) => memory.setU64(resultAt, clockResolution(clock)),
    clock_time_get: (clock: number, _precision: bigint, resultAt: number) =>
      memory.setU64(resultAt, clockTime(clock)),
    random_get: (buffer: number, length: number) => fillRandom(memory.bytes(buffer, length)),
    sched_yield: () => {},
    proc_exit: (code: number) => {
      throw new ProcExit(code);
    },
  };
}
