import { type CodeFrames, savedAt } from '../../code/code-frames.js';
import { type CodeLocations, locationsAt } from '../../code/code-locations.js';
import { type CodeHandlers, type CodeObject, findSite, handlerAt, lastSite } from '../../code/code-object.js';
import { Trap } from '../../code/traps.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { WasmModule } from '../../wasm/module.js';
import { AddressMap } from '../objects/address-map.js';
import type { Activation } from './activations.js';

/** A place in a module. */
interface Place {
  readonly functionIndex: number;
  /** Byte offset in the module; undefined where it is not known. */
  readonly wasmOffset: number | undefined;
}

/** What an exception that leaves a call does to the function that made the call. */
export interface Unwinding {
  /** Where the function keeps its caller's registers: `CodeObject.saved`. */
  readonly saved: number;
  /** Offset of what goes on with the exception; -1 if that leaves the function too. */
  readonly pad: number;
  /** Bytes that are added to rsp at the pad. */
  readonly adjust: number;
}

/** What is known of a piece of machine code, by offsets from its start. */
export interface Code {
  readonly wasm: WasmModule;
  /** Whether it is the first instruction of a function. */
  isEntry(offset: number): boolean;
  /** The trap that a fault here means; undefined where no fault is expected. */
  trapAt(offset: number): Trap | undefined;
  /**
   * The activations whose code this is, innermost first: more than one where functions were inlined. Of an
   * instruction that does not trap or call, the wasm instruction may be one shortly before.
   */
  placesAt(offset: number): readonly Place[];
  /** What an exception does that leaves the call which returns to this place. */
  unwindAt(offset: number): Unwinding;
}

/** Code of the Fast JIT: one function, in which every place that matters is a site. */
export function fastCode(
  wasm: WasmModule,
  functionIndex: number,
  { sites, entry, saved, handlers }: Pick<CodeObject, 'sites' | 'entry' | 'saved' | 'handlers'>,
): Code {
  return {
    wasm,
    isEntry: (offset) => offset === entry,
    trapAt: (offset) => {
      const site = findSite(sites, offset);
      return site < 0 || sites.traps[site] === Trap.none ? undefined : (sites.traps[site] as Trap);
    },
    placesAt: (offset) => {
      // Any place, where an interrupt came: then it is near to one.
      const site = lastSite(sites, offset);
      const wasmOffset = site < 0 ? undefined : sites.wasmOffsets[site];
      if (wasmOffset !== 0) return [{ functionIndex, wasmOffset }];
      // The wrapper of a native function stems from no instruction. It is seen where it traps itself.
      const isTrap = sites.offsets[site] === offset && sites.traps[site] !== Trap.none;
      return isTrap ? [{ functionIndex, wasmOffset: undefined }] : [];
    },
    unwindAt: (offset) => unwinding(saved, handlers, offset),
  };
}

function unwinding(saved: number, handlers: CodeHandlers, offset: number): Unwinding {
  const row = handlerAt(handlers, offset);
  return row < 0
    ? { saved, pad: -1, adjust: 0 }
    : { saved, pad: handlers.pads[row], adjust: handlers.adjusts[row] };
}

/** What is known of code that LLVM has made of several functions of a module. */
export interface LlvmCode {
  readonly byteLength: number;
  /** Offsets of the functions' first instructions. */
  readonly entries: readonly number[];
  /** All functions in it. */
  readonly frames: CodeFrames;
  readonly handlers: CodeHandlers;
  readonly locations: CodeLocations;
  /** The trap that a fault means at an offset. */
  readonly trapAt: (offset: number) => Trap | undefined;
}

export function llvmCode(wasm: WasmModule, { entries, frames, handlers, locations, trapAt }: LlvmCode): Code {
  return {
    wasm,
    trapAt,
    isEntry: (offset) => entries.includes(offset),
    placesAt: (offset) =>
      locationsAt(locations, offset, entryBefore(entries, offset)).map(({ functionIndex, wasmOffset }) => ({
        functionIndex,
        wasmOffset: wasmOffset === 0 ? undefined : wasmOffset,
      })),
    // A call may be the last instruction of its function.
    unwindAt: (offset) => unwinding(savedAt(frames, offset - 1), handlers, offset),
  };
}

/** The last entry at or before `offset`, or `offset`. */
function entryBefore(entries: readonly number[], offset: number): number {
  const before = entries.filter((entry) => entry <= offset);
  return before.length === 0 ? offset : Math.max(...before);
}

/** Which function a place in machine code belongs to, and where in the module it comes from. */
export class CodeMap {
  readonly #codes = new AddressMap<Code>();
  /** Changes whenever what is known of some address may have. */
  version = 0;

  /** Notes where the Fast JIT's code of a function was placed. */
  add(start: Address, wasm: WasmModule, functionIndex: number, code: CodeObject): void {
    this.addCode(start, code.bytes.length, fastCode(wasm, functionIndex, code));
  }

  /** Notes where code of LLVM was placed. */
  addLlvm(start: Address, wasm: WasmModule, code: LlvmCode): void {
    this.addCode(start, code.byteLength, llvmCode(wasm, code));
  }

  /** Notes where a piece of code was placed of which others know what it is. */
  addCode(start: Address, byteLength: number, code: Code): void {
    this.#codes.add(start, byteLength, code);
    this.version++;
  }

  delete(start: Address): void {
    this.#codes.delete(start);
    this.version++;
  }

  /** Whether `pc` is the first instruction of a function. */
  isEntry(pc: Address): boolean {
    const range = this.#codes.find(pc);
    return range?.value.isEntry(pc - range.start) ?? false;
  }

  /** The trap that a fault at `pc` means; undefined where no fault is expected. */
  trapAt(pc: Address): Trap | undefined {
    const range = this.#codes.find(pc);
    return range?.value.trapAt(pc - range.start);
  }

  /**
   * What an exception does to the function that code returns to at `pc`; undefined where that is none: in a
   * stub, or native code. The pad is an address.
   */
  unwindAt(pc: Address): Unwinding | undefined {
    const range = this.#codes.find(pc - 1);
    if (range === undefined) return undefined;
    const unwinding = range.value.unwindAt(pc - range.start);
    return unwinding.pad < 0 ? unwinding : { ...unwinding, pad: range.start + unwinding.pad };
  }

  /** Byte offset in its module of the instruction that the code at `pc` stems from, where that is known. */
  wasmOffsetAt(pc: Address): number | undefined {
    const range = this.#codes.find(pc);
    return range?.value.placesAt(pc - range.start)[0]?.wasmOffset;
  }

  /**
   * The activations of all wasm functions among the program counters given, innermost first: each the address
   * of what trapped, or one within a call instruction.
   */
  activations(pcs: Iterable<Address>): Activation[] {
    const activations: Activation[] = [];
    for (const pc of pcs) {
      const range = this.#codes.find(pc);
      if (range === undefined) continue;
      const { wasm } = range.value;
      for (const place of range.value.placesAt(pc - range.start)) activations.push({ wasm, ...place });
    }
    return activations;
  }
}
