import type { HostCallHandler } from './host-calls.js';
import type { Instance } from './instance.js';

/**
 * What runs a function of an instance of tier `interp`: with its arguments in the cells given, from the one given on, where it
 * leaves the results. It is called from JavaScript through a `HandlerGate`, and from machine code as host functions are.
 */
export function interpretedFunction(_instance: Instance, _functionIndex: number): HostCallHandler {
  return () => {
    throw new Error('the interpreter is not there yet');
  };
}
