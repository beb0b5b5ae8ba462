import { type CodeObject, type CodeSites, findSite } from '../code/code-object.js';
import { Trap } from '../code/traps.js';
import type { Address } from '../native/ffi.js';
import { functionName, readNames } from '../wasm/names.js';
import { AddressMap } from './address-map.js';
import type { Module } from './module.js';
import type { Backtrace, WasmFrame } from './trap-error.js';

interface Code {
  readonly module: Module;
  readonly functionIndex: number;
  readonly sites: CodeSites;
  /** Offset of the first instruction. */
  readonly entry: number;
}

/** Frames of a backtrace that are kept at its inner and at its outer end. */
const innerFrames = 48;
const outerFrames = 16;

/** Which function a place in machine code belongs to, and where in the module it comes from. */
export class CodeMap {
  readonly #codes = new AddressMap<Code>();

  /** Notes where the code of a function was placed. */
  add(start: Address, module: Module, functionIndex: number, { bytes, sites, entry }: CodeObject): void {
    this.#codes.add(start, bytes.length, { module, functionIndex, sites, entry });
  }

  delete(start: Address): void {
    this.#codes.delete(start);
  }

  /** Whether `pc` is the first instruction of a function. */
  isEntry(pc: Address): boolean {
    const range = this.#codes.find(pc);
    return range !== undefined && pc - range.start === range.value.entry;
  }

  /** The trap that a fault at `pc` means; undefined where no fault is expected. */
  trapAt(pc: Address): Trap | undefined {
    const range = this.#codes.find(pc);
    if (range === undefined) return undefined;
    const { sites } = range.value;
    const site = findSite(sites, pc - range.start);
    return site < 0 || sites.traps[site] === Trap.none ? undefined : (sites.traps[site] as Trap);
  }

  /**
   * The frames of all wasm functions among the program counters given, innermost first: each the address of what
   * trapped, or one within a call instruction.
   */
  backtrace(pcs: Iterable<Address>): Backtrace {
    const places: Place[] = [];
    for (const pc of pcs) {
      const range = this.#codes.find(pc);
      if (range !== undefined) places.push({ code: range.value, offset: pc - range.start });
    }
    const omittedCount = Math.max(0, places.length - innerFrames - outerFrames);
    if (omittedCount > 0) places.splice(innerFrames, omittedCount);
    return { frames: places.map(frameOf), omittedCount, omittedAt: innerFrames };
  }
}

interface Place {
  readonly code: Code;
  /** Offset in the code. */
  readonly offset: number;
}

function frameOf({ code, offset }: Place): WasmFrame {
  const { module, functionIndex, sites } = code;
  const site = findSite(sites, offset);
  return {
    functionIndex,
    functionName: functionName(module.wasm, functionIndex),
    moduleName: readNames(module.wasm).module,
    wasmOffset: site < 0 ? undefined : sites.wasmOffsets[site],
  };
}
