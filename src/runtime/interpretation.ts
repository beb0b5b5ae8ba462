import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import type { Callee, InterpretedFunction, ValueCells } from '../interpreter/callee.js';
import { wasmOffsetBefore } from '../interpreter/function-body.js';
import type { Stack } from '../interpreter/stack.js';
import { threadInterpreter } from '../interpreter/thread.js';
import { hasDeadline, throwIfInterrupted } from '../native/interrupts.js';
import { type Activation, TrapInFlight } from './activations.js';
import type { Func } from './func.js';
import type { HostCallHandler } from './host-calls.js';
import { Instance } from './instance.js';
import type { InstanceView } from './instance-view.js';
import type { Store } from './store.js';
import { typeId } from './type-ids.js';

/**
 * Runs an interpreted function: with its arguments in the cells given, from `cell` on, where it leaves the results.
 *
 * @throws TrapInFlight where it traps; what a host function has thrown
 */
export function interpret(store: Store, callee: InterpretedFunction, cells: ValueCells, cell: number): void {
  const { stack, run } = threadInterpreter();
  const { top, depth, limit, mostFrames, inHost, onPause } = stack;
  store.callbackDepth++;
  try {
    stack.inHost = false;
    stack.restrict(store.stackSize);
    stack.onPause = hasDeadline() ? throwIfInterrupted : undefined;
    stack.onPause?.();
    copyCells(cells.i32, 2 * cell, stack.i32, top, callee.paramCount);
    run(callee, top);
    copyCells(stack.i32, top, cells.i32, 2 * cell, callee.resultCount);
  } catch (error) {
    throw ended(stack, error, depth);
  } finally {
    store.callbackDepth--;
    stack.top = top;
    stack.depth = depth;
    stack.limit = limit;
    stack.mostFrames = mostFrames;
    stack.inHost = inHost;
    stack.onPause = onPause;
  }
}

function copyCells(source: Int32Array, from: number, target: Int32Array, to: number, count: number): void {
  for (let k = 0; k < 2 * count; k++) target[to + k] = source[from + k];
}

/** What to throw where interpreted code has ended by an error: traps get its activations above `bottom` others. */
function ended(stack: Stack, error: unknown, bottom: number): unknown {
  const trap = trapOf(error, stack.inHost);
  if (trap !== undefined) return new TrapInFlight(trap, activations(stack, bottom));
  if (error instanceof TrapInFlight) error.add(activations(stack, bottom));
  return error;
}

/** The trap that an error stands for; undefined where it is none, or the user's. */
function trapOf(error: unknown, inHost: boolean): Trap | undefined {
  if (error instanceof TrapSignal) return error.trap;
  return !inHost && isStackExhaustion(error) ? Trap.callStackExhausted : undefined;
}

/** V8's own error where JavaScript's stack is exhausted: as when interpreted and compiled code call each other endlessly. */
function isStackExhaustion(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

function activations(stack: Stack, bottom: number): Activation[] {
  return stack.activationsAbove(bottom).map(({ callee, next }) => {
    const { functionIndex, body } = callee;
    const { module } = (callee.instance as InstanceView).instance;
    return { module, functionIndex, wasmOffset: body && wasmOffsetBefore(body, next) };
  });
}

/** What machine code calls in the place of an interpreted function. */
export function interpretedHandler(store: Store, callee: InterpretedFunction): HostCallHandler {
  return (cells, cell) => {
    try {
      interpret(store, callee, cells, cell);
    } catch (error) {
      // Here `interpret` had not even begun.
      throw isStackExhaustion(error) && !threadInterpreter().stack.inHost
        ? new TrapSignal(Trap.callStackExhausted)
        : error;
    }
  };
}

/** A function as interpreted code calls it. */
export function foreignFunction(func: Func): Callee {
  const { owner, functionIndex, handler, type } = func;
  if (handler === undefined && owner instanceof Instance && owner.isInterpreted(functionIndex)) {
    return owner.view.interpreted(functionIndex);
  }
  return {
    isInterpreted: false,
    // A native function in C is one of its instance's.
    isHost: handler !== undefined && !(owner instanceof Instance),
    typeId: typeId(type),
    cellCount: Math.max(type.params.length, type.results.length),
    invoke: handler ?? compiledInvoke(func),
  };
}

/** Calls machine code from interpreted code, through the function's record. */
function compiledInvoke({ store, type, record }: Func): (cells: ValueCells, cell: number) => void {
  const { env } = store;
  const stub = env.entryStub(type);
  const paramCount = type.params.length;
  const resultCount = type.results.length;
  return ({ i32 }, cell) => {
    copyCells(i32, 2 * cell, env.i32, 0, paramCount);
    const trap = env.enter(stub, record);
    if (trap !== Trap.none) throw store.takeEnd(trap);
    copyCells(env.i32, 0, i32, 2 * cell, resultCount);
  };
}
