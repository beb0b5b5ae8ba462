import { type CompileOptions, type LoopFrame, loopFrame } from '../../fast-jit/compile.js';
import { slotCount } from '../../layout/exec-env.js';
import { slotSize } from '../../layout/widths.js';
import type { HotFrame } from '../../native/entry/hot-frame.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { Module } from '../modules/module.js';

/** A loop at which a running function can go on in LLVM code. */
interface Loop {
  /** Where to: code that expects the function's state in the argument slots. 0 until it is there. */
  code: Address;
  /** It will never be there. */
  refused: boolean;
  asked: boolean;
  /** By which the backend knows it. */
  id: number | undefined;
  /** Where Fast JIT code has the state; found out at the first entry. */
  frame: LoopFrame | undefined;
}

/** A loop whose code can be entered now. */
export interface LoopEntry {
  readonly code: Address;
  readonly frame: LoopFrame;
}

/** Slots that a function's state takes at a loop. */
function slotsOfState({ slots }: LoopFrame): number {
  return slots.reduce((sum, count) => sum + count, 0);
}

/** A module, as far as its loops are concerned. */
type LoopModule = Pick<Module, 'wasm' | 'layout'>;

/**
 * On-stack replacement: activations of functions that run a hot loop in Fast JIT code, and go on in LLVM code
 * from the loop's head.
 */
export class LoopEntries {
  /** The loops of each function, by their offsets. */
  readonly #functions = new Map<number, Map<number, Loop>>();

  /** Notes the code of a loop. */
  add(functionIndex: number, wasmOffset: number, code: Address): void {
    this.#loop(functionIndex, wasmOffset).code = code;
  }

  /** Whether there is code of a loop. */
  hasCode(functionIndex: number, wasmOffset: number): boolean {
    const loop = this.#functions.get(functionIndex)?.get(wasmOffset);
    return loop !== undefined && loop.code !== 0;
  }

  /** Notes that there will be no code of a loop. */
  refuse(functionIndex: number, wasmOffset: number): void {
    this.#loop(functionIndex, wasmOffset).refused = true;
  }

  /** Notes that the backend has been asked for a loop, and knows it by a number. */
  setId(functionIndex: number, wasmOffset: number, id: number): void {
    this.#loop(functionIndex, wasmOffset).id = id;
  }

  /** The backend's number of a loop that it has been asked for and has not delivered. */
  pendingId(functionIndex: number, wasmOffset: number): number | undefined {
    const loop = this.#functions.get(functionIndex)?.get(wasmOffset);
    return loop !== undefined && loop.code === 0 && !loop.refused ? loop.id : undefined;
  }

  /** Whether code of a loop has been asked for, and it is not decided yet whether there will be any. */
  isPending(functionIndex: number, wasmOffset: number): boolean {
    const loop = this.#functions.get(functionIndex)?.get(wasmOffset);
    return loop?.asked === true && loop.code === 0 && !loop.refused;
  }

  /**
   * Whether code for a loop is to be asked for, where the runtime has been told that the loop's function is
   * hot. That it was told in this loop may be by chance: after the first loop of a function, another one must
   * be met twice, unless it is to be `atOnce`.
   */
  shouldAsk(functionIndex: number, wasmOffset: number, atOnce: boolean): boolean {
    const known = this.#functions.get(functionIndex);
    const isMet = atOnce || known === undefined || known.has(wasmOffset);
    const loop = this.#loop(functionIndex, wasmOffset);
    if (!isMet || loop.asked) return false;
    loop.asked = true;
    return true;
  }

  /**
   * What is needed to go on in a loop's code, from code that was compiled with these options; undefined
   * without such code.
   */
  find(
    { wasm, layout }: LoopModule,
    options: CompileOptions,
    functionIndex: number,
    wasmOffset: number,
  ): LoopEntry | undefined {
    const loop = this.#functions.get(functionIndex)?.get(wasmOffset);
    if (loop === undefined || loop.code === 0) return undefined;
    loop.frame ??= loopFrame(wasm, layout, functionIndex, options, wasmOffset);
    const { code, frame } = loop;
    if (frame !== undefined && slotsOfState(frame) <= slotCount) return { code, frame };
    loop.code = 0;
    loop.refused = true;
    return undefined;
  }

  /**
   * Moves a function that is at a loop's head over to the loop's code: its state into the argument slots,
   * where it stays until wasm is entered or calls out.
   */
  move({ frame: places }: LoopEntry, frame: HotFrame, i64: BigInt64Array): void {
    const { registers, displacements, slots, saved } = places;
    let to = 0;
    for (let k = 0; k < registers.length; k++) {
      for (let part = 0; part < slots[k]; part++) {
        if (registers[k] >= 0) i64[to] = frame.register(registers[k], part);
        else i64[to] = displacements[k] === 0 ? 0n : frame.slot(displacements[k] + slotSize * part);
        to++;
      }
    }
    for (const { register, displacement } of saved) frame.restore(register, displacement);
  }

  #loop(functionIndex: number, wasmOffset: number): Loop {
    let known = this.#functions.get(functionIndex);
    if (known === undefined) {
      known = new Map();
      this.#functions.set(functionIndex, known);
    }
    let loop = known.get(wasmOffset);
    if (loop === undefined) {
      loop = { code: 0, refused: false, asked: false, id: undefined, frame: undefined };
      known.set(wasmOffset, loop);
    }
    return loop;
  }
}
