import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import type { InterpretedFunction, InterpretedInstance, ValueCells } from '../../interpreter/callee.js';
import { wasmOffsetBefore } from '../../interpreter/function-body.js';
import type { Stack } from '../../interpreter/stack.js';
import { threadInterpreter } from '../../interpreter/thread.js';
import { InterruptWord } from '../../layout/exec-env.js';
import { interruptWords, throwIfInterrupted } from '../../native/interrupts/interrupts.js';
import { isLimited, withinLimits } from '../../native/interrupts/limits.js';
import { type Undoing, undoWhenUnwound } from '../../native/threads/unwound.js';
import type { WasmModule } from '../../wasm/module.js';
import { type Activation, frameOf, TrapInFlight } from '../traps/activations.js';
import { addFrames } from '../traps/error-stack.js';
import type { HostCallHandler } from './host-calls.js';

/** An instance as the interpreter sees it, and the module that backtraces name. */
export interface TraceableInstance extends InterpretedInstance {
  readonly wasm: WasmModule;
}

/** Runs the interpreted functions of one runtime, where JavaScript or machine code calls them. */
export class Interpretation {
  /** Bytes of values that the interpreter's stack may hold. */
  readonly #stackSize: number;
  /** Calls that have not returned. */
  #running = 0;
  readonly #abandoned: Undoing = {
    owner: 'interpretNow',
    isDue: () => this.#running > 0,
    undo: () => {
      this.#running = 0;
      threadInterpreter().stack.clear();
    },
  };

  constructor(stackSize: number) {
    this.#stackSize = stackSize;
  }

  /** Whether a call has not returned. */
  get isRunning(): boolean {
    return this.#running > 0;
  }

  /**
   * Runs an interpreted function: with its arguments in the cells given, from `cell` on, where it leaves the
   * results.
   *
   * @throws TrapInFlight where it traps; what a host function has thrown
   */
  interpret(callee: InterpretedFunction, cells: ValueCells, cell: number): void {
    this.#interpret(callee, cells, cell, false);
  }

  #interpret(callee: InterpretedFunction, cells: ValueCells, cell: number, isFollowed: boolean): void {
    if (interruptWords()[InterruptWord.gate] === 0) this.interpretNow(callee, cells, cell, isFollowed);
    else withinLimits(() => this.interpretNow(callee, cells, cell, isFollowed));
  }

  /**
   * As `interpret`, whatever limits there are. `#abandoned` knows it by its name.
   *
   * @param isFollowed whether machine code called, which can go on to other machine code that the function
   *   calls in its place
   */
  interpretNow(callee: InterpretedFunction, cells: ValueCells, cell: number, isFollowed: boolean): void {
    const { stack, run } = threadInterpreter();
    const { top, depth, limit, mostFrames, inHost, isCalling, onPause } = stack;
    if (this.#running === 0) undoWhenUnwound(this.#abandoned);
    this.#running++;
    try {
      stack.inHost = false;
      stack.isCalling = false;
      stack.restrict(this.#stackSize);
      stack.onPause = isLimited() ? throwIfInterrupted : undefined;
      stack.onPause?.();
      copyCells(cells.i32, 2 * cell, stack.i32, top, callee.paramCount);
      const tail = run(callee, top);
      if (tail !== undefined) {
        if (isFollowed && tail.followUp !== undefined) {
          tail.followUp(stack, top >> 1);
          return;
        }
        stack.invoke(tail, top);
        stack.onPause?.();
      }
      copyCells(stack.i32, top, cells.i32, 2 * cell, callee.resultCount);
    } catch (error) {
      throw ended(stack, error, depth);
    } finally {
      this.#running--;
      stack.top = top;
      stack.depth = depth;
      stack.limit = limit;
      stack.mostFrames = mostFrames;
      stack.inHost = inHost;
      stack.isCalling = isCalling;
      stack.onPause = onPause;
    }
  }

  /** What machine code calls in place of an interpreted function. */
  handler(callee: InterpretedFunction): HostCallHandler {
    return (cells, cell) => {
      try {
        this.#interpret(callee, cells, cell, true);
      } catch (error) {
        // Here `interpret` had not even begun.
        throw !threadInterpreter().stack.inHost && isStackExhaustion(error)
          ? new TrapSignal(Trap.callStackExhausted)
          : error;
      }
    };
  }
}

/** Copies `count` cells, from and to words. */
export function copyCells(
  source: Int32Array,
  from: number,
  target: Int32Array,
  to: number,
  count: number,
): void {
  for (let k = 0; k < 2 * count; k++) target[to + k] = source[from + k];
}

/**
 * What to throw when an error has ended interpreted code: a trap gets the activations above the outermost
 * `bottom`.
 */
function ended(stack: Stack, error: unknown, bottom: number): unknown {
  const trap = trapOf(error, stack.inHost);
  if (trap !== undefined) return new TrapInFlight(trap, activations(stack, bottom));
  if (error instanceof TrapInFlight) error.add(activations(stack, bottom));
  else addFrames(error, () => activations(stack, bottom).map(frameOf));
  return error;
}

/** The trap that an error stands for; undefined for the user's errors, and any others. */
function trapOf(error: unknown, inHost: boolean): Trap | undefined {
  if (error instanceof TrapSignal) return error.trap;
  return !inHost && isStackExhaustion(error) ? Trap.callStackExhausted : undefined;
}

/**
 * V8's own error for an exhausted JavaScript stack: interpreted and compiled code may call each other
 * endlessly.
 */
function isStackExhaustion(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

function activations(stack: Stack, bottom: number): Activation[] {
  return stack.activationsAbove(bottom).map(({ callee, next }) => {
    const { functionIndex, body } = callee;
    const { wasm } = callee.instance as TraceableInstance;
    return { wasm, functionIndex, wasmOffset: body && wasmOffsetBefore(body, next) };
  });
}
