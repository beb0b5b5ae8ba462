/**
 * A function as the interpreter runs it. It depends on the module alone, so all its instances share it.
 *
 * Its frame, from the first word up, is
 *
 *     parameters | other locals | constants | values of the operand stack
 *
 * with two words each. Parameters lie where the caller has put them, on its own operand stack; results go to the frame's
 * start, which is where the caller expects them.
 */
export interface FunctionBody {
  readonly functionIndex: number;
  /** See `operations.ts`. */
  readonly code: Int32Array;
  /** Words of the parameters, of all locals, of the whole frame. */
  readonly paramWords: number;
  readonly localWords: number;
  readonly frameWords: number;
  /** What is copied behind the locals when the function is called: constants that loops use. */
  readonly constants: Int32Array;
  /** Ascending places in the code of the operations that can trap or call, … */
  readonly places: Uint32Array;
  /** … and byte offset in the module of the instruction that each comes from. */
  readonly wasmOffsets: Uint32Array;
}

/** Byte offset in the module of the operation that ends at, or shortly before, word `next` of the code. */
export function wasmOffsetBefore({ places, wasmOffsets }: FunctionBody, next: number): number | undefined {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < next) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : wasmOffsets[low - 1];
}
