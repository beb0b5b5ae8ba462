import type { MemoryMode } from '../../code/code-object.js';
import type { CodeRegion, Span } from '../../native/code/code-region.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { BackendListener } from '../../tiering/backend.js';
import type { CompiledImage, RefusedFunction } from '../../tiering/protocol.js';
import { definedIndex } from '../../wasm/module.js';
import type { Module } from '../modules/module.js';
import type { CodeMap } from '../traps/code-map.js';
import { llvmTrapAt } from '../traps/llvm-traps.js';
import type { HeatPolicy } from './heat-policy.js';
import { LoopEntries } from './loop-entries.js';
import { Pulses } from './pulses.js';
import type { TierUpEvent } from './tier-events.js';

/** Where a `TieredModule` puts what backend threads have made of it. */
interface TieredModuleContext {
  readonly codeMap: CodeMap;
  readonly codeRegion: CodeRegion;
  readonly policy: HeatPolicy;
  /** Tells the user something, later. */
  readonly tell: (event: TierUpEvent) => void;
}

/**
 * A module for one kind of memory: what backend threads have made of its functions, and which of these are
 * hot.
 */
export class TieredModule implements BackendListener {
  readonly pulses: Pulses;
  readonly loops = new LoopEntries();
  readonly #module: Module;
  readonly #memoryMode: MemoryMode;
  readonly #context: TieredModuleContext;
  readonly #spans: Span[] = [];
  /** Addresses of the images. */
  readonly #images: Address[] = [];

  constructor(module: Module, memoryMode: MemoryMode, context: TieredModuleContext) {
    this.#module = module;
    this.#memoryMode = memoryMode;
    this.#context = context;
    this.pulses = new Pulses(context.policy);
  }

  /** A thread has placed an image. */
  onCode(image: CompiledImage): void {
    this.#spans.push(...image.spans);
    this.#images.push(image.start);
    this.#module.code.addImage(this.#memoryMode, image);
    this.#enter(image);
    // Only now: the user may throw.
    this.#tellOf(image);
  }

  /** LLVM does not compile a function, or not for entry at a loop. */
  onRefused({ index, loop, reason }: RefusedFunction): void {
    const loopOffset = loop?.wasmOffset;
    if (loopOffset !== undefined) this.loops.refuse(index, loopOffset);
    this.#context.tell({ kind: 'refused', module: this.#module, functionIndex: index, reason, loopOffset });
  }

  /** Gives the code back, which nobody may run any more. */
  free(): void {
    const { codeMap, codeRegion } = this.#context;
    for (const start of this.#images) codeMap.delete(start);
    codeRegion.giveBack(this.#spans);
  }

  #enter({ start, byteLength, functions, frames, handlers, locations, loop }: CompiledImage): void {
    const { wasm } = this.#module;
    this.#context.codeMap.addLlvm(start, wasm, {
      byteLength,
      frames,
      handlers,
      locations,
      entries: functions.map(({ offset }) => offset),
      trapAt: (offset) => llvmTrapAt(this.#context.codeRegion, start + offset, this.#memoryMode),
    });
    if (loop !== undefined) {
      this.loops.add(loop.functionIndex, loop.wasmOffset, start + functions[0].offset);
      return;
    }
    const entries = this.#module.code.entries(this.#memoryMode, 'llvm');
    for (const { index, offset } of functions) entries[definedIndex(wasm, index)] = start + offset;
  }

  #tellOf({ startedAt, compiledAt, publishedAt, functions, loop }: CompiledImage): void {
    for (const { index, byteLength: codeBytes, heat } of functions) {
      this.#context.tell({
        kind: 'compiled',
        module: this.#module,
        functionIndex: index,
        codeBytes,
        heat,
        hotAt: this.pulses.since(index),
        startedAt,
        compiledAt,
        switchedAt: publishedAt,
        batchSize: functions.length,
        loopOffset: loop?.wasmOffset,
      });
    }
  }
}
