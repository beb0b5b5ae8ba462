import { lastAtMost } from '../code/last-at-most.js';

/**
 * A function as the interpreter runs it. It depends on the module alone, so all its instances share it.
 *
 * Its frame, from the first word up, is
 *
 *     parameters | other locals | constants | values of the operand stack
 *
 * with two words each. Parameters are where the caller put them, on its operand stack. Results go to the
 * start of the frame, where the caller expects them.
 */
export interface FunctionBody {
  readonly functionIndex: number;
  /** See `operations.ts`. */
  readonly code: Int32Array;
  /** Words of the parameters, of all locals, of the whole frame. */
  readonly paramWords: number;
  readonly localWords: number;
  readonly frameWords: number;
  /** Constants that loops use. They are copied after the locals when the function is called. */
  readonly constants: Int32Array;
  /**
   * Four words for each `try`, inner ones first: the code from word `start` to `end` throws to word `pad`.
   * The fourth is the index of its control frame: the function's own has 0.
   */
  readonly handlers: Int32Array;
  /** Ascending places in the code of the operations that can trap or call, … */
  readonly places: Uint32Array;
  /** … and byte offset in the module of the instruction that each comes from. */
  readonly wasmOffsets: Uint32Array;
}

const handlerWords = 4;

/**
 * Where an exception arrives that the operation before word `next` throws, among the handlers of control
 * frames below index `below`; -1 if there is none.
 */
export function padOf({ handlers }: FunctionBody, next: number, below: number): number {
  const at = next - 1;
  for (let k = 0; k < handlers.length; k += handlerWords) {
    if (at >= handlers[k] && at < handlers[k + 1] && handlers[k + 3] < below) return handlers[k + 2];
  }
  return -1;
}

/** Byte offset in the module of the operation that ends at, or shortly before, word `next` of the code. */
export function wasmOffsetBefore({ places, wasmOffsets }: FunctionBody, next: number): number | undefined {
  const last = lastAtMost(places, next - 1);
  return last < 0 ? undefined : wasmOffsets[last];
}
