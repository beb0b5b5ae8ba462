import { execEnv, tailRequested } from '../../layout/exec-env.js';
import { layoutSlots, slotsOf } from '../../layout/widths.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import { callShape } from '../../x64/abi.js';
import type { Address } from '../ffi/ffi.js';
import { assemble } from '../x64/stubs/assemble.js';
import {
  bridgeReturnSize,
  emitBridge,
  emitTailEntry,
  emitTailStub,
  tailEntrySlots,
} from '../x64/stubs/tail-stub.js';
import type { StubContext } from './host-stubs.js';
import { typeShape } from './type-shape.js';

const { offsets } = execEnv;

/** How functions whose types have one shape are entered in a callback's place. */
interface TailEntry {
  readonly code: Address;
  readonly stackSlots: number;
  /** Pairs of words: where one of an argument is among the arguments, and where it goes among the slots. */
  readonly moves: Int32Array;
  /** Words of the slots that must be 0: the upper halves of i32s. */
  readonly zeros: Int32Array;
}

/** A range of code. */
interface Range {
  readonly start: Address;
  readonly end: Address;
}

/** Tail calls that are not jumps from one function's code to another's: see `tail-stub.ts`. */
export class TailCalls {
  readonly #context: StubContext;
  readonly #entries = new Map<string, TailEntry>();
  /** Code without a frame, which jumps on to other code. */
  readonly #jumps: Range[] = [];

  constructor(context: StubContext) {
    this.#context = context;
    const { stack, stubs } = context;
    const bridge = assemble(emitBridge);
    const bridgeAt = stubs.place('callback', bridge);
    stack.setAddress(offsets.bridgeReturn, bridgeAt + bridge.length - bridgeReturnSize);
    stack.setAddress(
      offsets.tailStub,
      this.#placeJump(assemble((a) => emitTailStub(a, stack.address, bridgeAt))),
    );
  }

  /**
   * Has the function of a record be called in place of the running host function, once that returns. Its
   * arguments lie in `words` from index `at` on, as `layoutSlots` says. No wasm code may run until then.
   */
  request(record: Address, type: FuncType, words: Int32Array, at: number): void {
    const { stack, callbacks } = this.#context;
    const { code, stackSlots, moves, zeros } = this.#entry(type);
    const slots = stack.slotsI32;
    for (let k = 0; k < moves.length; k += 2) slots[moves[k + 1]] = words[at + moves[k]];
    for (const zero of zeros) slots[zero] = 0;
    stack.setAddress(offsets.tailTarget, code);
    stack.setAddress(offsets.tailRecord, record);
    stack.header[offsets.tailSlots / 4] = stackSlots;
    // How many the host function was called with is not known here.
    stack.header[offsets.tailRoom / 4] = 0;
    callbacks.diversion = tailRequested;
  }

  /** Whether a program counter is in code of tail calls that has no frame. */
  contains(pc: Address): boolean {
    return this.#jumps.some(({ start, end }) => pc >= start && pc < end);
  }

  #entry(type: FuncType): TailEntry {
    const shape = typeShape(type);
    let entry = this.#entries.get(shape);
    if (entry === undefined) {
      const code = this.#placeJump(assemble((a) => emitTailEntry(a, type)));
      entry = { code, ...wordMoves(type) };
      this.#entries.set(shape, entry);
    }
    return entry;
  }

  #placeJump(code: Uint8Array): Address {
    const start = this.#context.codeRegion.place(code);
    this.#jumps.push({ start, end: start + code.length });
    return start;
  }
}

function wordMoves(type: FuncType): Omit<TailEntry, 'code'> {
  const { offsets: from } = layoutSlots(type.params);
  const moves: number[] = [];
  const zeros: number[] = [];
  for (const [k, slot] of tailEntrySlots(type).entries()) {
    const param = type.params[k];
    if (param === ValType.i32) zeros.push(2 * slot + 1);
    const words = param === ValType.i32 ? 1 : 2 * slotsOf(param);
    for (let word = 0; word < words; word++) moves.push(from[k] / 4 + word, 2 * slot + word);
  }
  const { stackSlots } = callShape(type);
  return { stackSlots, moves: Int32Array.from(moves), zeros: Int32Array.from(zeros) };
}
