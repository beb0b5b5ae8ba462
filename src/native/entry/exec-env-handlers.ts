import type { Address } from '../ffi/ffi.js';
import type { HotFrame } from './hot-frame.js';
import type { NativeRequest } from './native-services.js';

/** What machine code of the thread calls back. All run on the host's stack, and may enter wasm again. */
export interface ExecEnvHandlers {
  /**
   * A host stub was called. `id` is what the stub was made with; `slot` is the index of its first argument in
   * `stackI64` and `stackF64`, twice that in `stackI32`, `stackU32` and `stackF32`. Results are written to
   * the same slots from the first one on. To throw ends the wasm code up to the innermost `enter`: as
   * `Trap.hostException`, or as the trap that a `TrapSignal` names.
   */
  onHostCall(id: number, slot: number): void;
  /**
   * `onHostCall` has thrown, or what a native function called, which has returned since. True if
   * `ExecEnv.unwinding` has been told where wasm code goes on; else what was thrown ends the code. Must not
   * throw.
   */
  onThrown(thrown: unknown): boolean;
  /**
   * A lazy thunk was called, by the instance of that number: returns the code to jump to. May throw as above.
   */
  onLazyCompile(instanceNumber: number, functionIndex: number): Address;
  /**
   * The heat counter of a function became 0, in the instance of that number. Returns 0, or code that takes
   * the function's place, with the instance and the address of the argument slots as its arguments. May throw
   * as above.
   */
  onHot(instanceNumber: number, functionIndex: number, frame: HotFrame): Address;
  /**
   * A native function asks for something: returns what the C function `native-service.ts` describes does. To
   * throw ends the wasm code that called the native function, as above, when that returns, unless `onThrown`
   * finds where it goes on.
   */
  onNativeService(request: NativeRequest): Address;
}
