import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import { type Activation, backtraceOf, frameOf, TrapInFlight } from './activations.js';
import type { CodeMap } from './code-map.js';
import { addFrames } from './error-stack.js';
import { backtraceText } from './wasm-frame.js';

/** What has ended machine code after `env.enter` returned `trap`: what an import threw, or a TrapInFlight. */
export function takeEnd(env: ExecEnv, codeMap: CodeMap, trap: number): unknown {
  const activations = (): Activation[] => codeMap.activations(env.frames((pc) => codeMap.isEntry(pc)));
  if (trap === Trap.hostException) {
    const exception = env.takeException();
    // Interpreted code has trapped that machine code had called.
    if (exception instanceof TrapInFlight) exception.add(activations());
    else addFrames(exception, () => activations().map(frameOf));
    return exception;
  }
  const kind = trap === unknownTrap ? codeMap.trapAt(env.trapPc) : (trap as Trap);
  return kind === undefined ? unexpectedFault(env, activations()) : new TrapInFlight(kind, activations());
}

/** A fault that the compiler did not expect: machine code that is wrong. */
function unexpectedFault(env: ExecEnv, activations: readonly Activation[]): Error {
  const pc = env.trapPc.toString(16);
  const address = env.faultAddress.toString(16);
  return new Error(
    `internal error: unexpected fault at pc 0x${pc}, address 0x${address}\n${backtraceText(backtraceOf(activations))}`,
  );
}
