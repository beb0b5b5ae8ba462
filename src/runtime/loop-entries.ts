import { type LoopFrame, loopFrame } from '../fast-jit/compile.js';
import { slotCount } from '../native/exec-env-layout.js';
import type { Address } from '../native/ffi.js';
import type { HotFrame } from '../native/hot-frame.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

/** A loop at which a running function can go on in LLVM code. */
interface Loop {
  /** Where to: code that expects the function's state in the argument slots. 0 until it is there. */
  code: Address;
  /** It will never be there. */
  refused: boolean;
  /** Where Fast JIT code has the state; found out at the first entry. */
  frame: LoopFrame | undefined;
}

/** A loop whose code can be entered now. */
export interface LoopEntry {
  readonly code: Address;
  readonly frame: LoopFrame;
}

/** The loops of one function that got hot. */
interface FunctionLoops {
  readonly loops: Map<number, Loop>;
  /** How often something else was met than a loop, since code for one was there. */
  misses: number;
}

/** So many turns go by until the runtime looks again whether the right loop runs; at each look, twice as many. */
const turnsToNextLook = 16;
/** After so many looks another loop of the function counts as hot too, and nobody looks any more. */
const looksUntilHot = 8;

/**
 * On-stack replacement: activations of functions that run a hot loop in Fast JIT code, and go on in LLVM code from the
 * loop's head.
 */
export class LoopEntries {
  readonly #functions = new Map<number, FunctionLoops>();

  /** Notes the code of a loop. */
  add(functionIndex: number, wasmOffset: number, code: Address): void {
    this.#loop(functionIndex, wasmOffset).code = code;
  }

  /** Notes that there will be no code of a loop. */
  refuse(functionIndex: number, wasmOffset: number): void {
    this.#loop(functionIndex, wasmOffset).refused = true;
  }

  /** Whether code of a loop has been asked for, and it is not decided yet whether there will be any. */
  isPending(functionIndex: number, wasmOffset: number): boolean {
    const loop = this.#functions.get(functionIndex)?.loops.get(wasmOffset);
    return loop !== undefined && loop.code === 0 && !loop.refused;
  }

  /** Whether there will never be code of a loop. */
  isRefused(functionIndex: number, wasmOffset: number): boolean {
    return this.#functions.get(functionIndex)?.loops.get(wasmOffset)?.refused ?? false;
  }

  /** Whether code for a loop, which has just counted a turn, should be asked for now. */
  shouldAsk(instance: Instance, functionIndex: number, wasmOffset: number): boolean {
    const known = this.#functions.get(functionIndex);
    if (known?.loops.has(wasmOffset) || this.look(instance, functionIndex)) return false;
    if (known !== undefined) known.misses = 0;
    this.#loop(functionIndex, wasmOffset);
    return true;
  }

  /**
   * A function has counted something else than a loop for which there is code. If there is code for another loop, it is to
   * be asked again soon.
   */
  look(instance: Instance, functionIndex: number): boolean {
    const known = this.#functions.get(functionIndex);
    if (known === undefined || ![...known.loops.values()].some(({ code }) => code !== 0)) return false;
    if (++known.misses >= looksUntilHot) return false;
    instance.setHeatCounter(functionIndex, turnsToNextLook << known.misses);
    return true;
  }

  /** What is needed to go on in a loop's code; undefined if there is none. */
  find(store: Store, instance: Instance, functionIndex: number, wasmOffset: number): LoopEntry | undefined {
    const loop = this.#functions.get(functionIndex)?.loops.get(wasmOffset);
    if (loop === undefined || loop.code === 0) return undefined;
    const { module, memoryMode } = instance;
    loop.frame ??= loopFrame(
      module.wasm,
      module.layout,
      functionIndex,
      store.compileOptions(memoryMode),
      wasmOffset,
    );
    const { code, frame } = loop;
    if (frame !== undefined && frame.registers.length <= slotCount) return { code, frame };
    loop.code = 0;
    loop.refused = true;
    return undefined;
  }

  /**
   * Moves a function that is at a loop's head over to the loop's code: its state into the argument slots, where it stays
   * until wasm is entered or calls out.
   */
  move({ frame: { registers, displacements, saved } }: LoopEntry, frame: HotFrame, i64: BigInt64Array): void {
    for (let k = 0; k < registers.length; k++) {
      if (registers[k] >= 0) i64[k] = frame.register(registers[k]);
      else i64[k] = displacements[k] === 0 ? 0n : frame.slot(displacements[k]);
    }
    for (const { register, displacement } of saved) frame.restore(register, displacement);
  }

  #loop(functionIndex: number, wasmOffset: number): Loop {
    let known = this.#functions.get(functionIndex);
    if (known === undefined) {
      known = { loops: new Map(), misses: 0 };
      this.#functions.set(functionIndex, known);
    }
    let loop = known.loops.get(wasmOffset);
    if (loop === undefined) {
      loop = { code: 0, refused: false, frame: undefined };
      known.loops.set(wasmOffset, loop);
    }
    return loop;
  }
}
